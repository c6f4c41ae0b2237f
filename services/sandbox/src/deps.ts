import { randomUUID } from 'node:crypto'
import { londonDay } from '@chesil/fhir'
import { createLogger, type Logger } from '@chesil/service-kit'
import type { Config } from './config.ts'
import { type CouncilWorld, createCouncilWorld } from './council/council-world.ts'
import { createPayloads, type Payloads } from './gp-connect/payload.ts'
import { type ClientKeys, readClientKeys } from './issuer/client-keys.ts'
import { readSigningKey } from './issuer/signing-key.ts'
import { createTokens, type Tokens } from './issuer/tokens.ts'
import { createTrustWorld, type TrustWorld } from './trust/trust-world.ts'
import { readGpRecords } from './world/gp-records.ts'
import { createRecordWorld } from './world/record-world.ts'
import { createSyntheticWorld } from './world/synthetic-world.ts'
import type { World } from './world/world.ts'

export interface Deps {
  readonly log: Logger
  readonly world: World
  readonly trustWorld: TrustWorld
  readonly councilWorld: CouncilWorld
  readonly tokens: Tokens
  /** Who may ask PDS, trusts and councils. */
  readonly client: { readonly id: string; readonly keys: ClientKeys }
  /** How a catalogue names that client's private key. */
  readonly trustClientKey: string
  /** An ISO date: the day of which trusts tell when they are not told otherwise. */
  readonly playDay: () => string
  /** What practices have answered, kept as bytes. */
  readonly payloads: Payloads
  /** Where others reach us, without a trailing slash; known once we listen. */
  readonly publicUrl: () => string
  /** `aud` of readers' tokens that name none. */
  readonly tokenAudience: string
  readonly pdsRequestsPerSecond: number
  readonly pdsMaxMatches: number
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const payloadBytes = 268_435_456
const dayMs = 86_400_000

/** @param publicUrl Asked only when something is served. */
export async function createDeps(config: Config, publicUrl: () => string): Promise<Deps> {
  const log = createLogger('sandbox', config.LOG_LEVEL)
  const now = Date.now
  const world = createWorldFor(config, { log, publicUrl, now })
  const client = { id: config.PDS_CLIENT_ID, keys: readClientKeys(config) }
  const asAt = config.SANDBOX_AS_AT ?? londonDay(now())
  const seed = config.SANDBOX_SEED
  const trustWorld = createTrustWorld({ seed, count: config.SANDBOX_TRUSTS, asAt, world, now })
  return {
    log,
    world,
    trustWorld,
    councilWorld: createCouncilWorld({
      seed,
      count: config.SANDBOX_COUNCILS,
      // The same people as the trusts': one of them shows what all kinds of sources say.
      people: trustWorld.patients(),
      dayAt: (instant) => config.SANDBOX_AS_AT ?? londonDay(instant),
      now
    }),
    client,
    trustClientKey: config.TRUST_CLIENT_KEY,
    // Of yesterday, else: today has hours that nobody has lived.
    playDay: () => config.SANDBOX_AS_AT ?? londonDay(now() - dayMs),
    tokens: createTokens({
      key: await readSigningKey(config.ISSUER_KEY_FILE),
      clientId: client.id,
      clientKeys: client.keys,
      publicUrl,
      now,
      newId: randomUUID
    }),
    payloads: createPayloads({ maxBytes: payloadBytes }),
    publicUrl,
    tokenAudience: config.TOKEN_AUDIENCE,
    pdsRequestsPerSecond: config.PDS_REQUESTS_PER_SECOND,
    pdsMaxMatches: config.PDS_MAX_MATCHES,
    now
  }
}

function createWorldFor(
  config: Config,
  { log, publicUrl, now }: Pick<Deps, 'log' | 'publicUrl' | 'now'>
): World {
  if (config.GP_RECORDS === undefined) {
    const asAt = config.SANDBOX_AS_AT ?? londonDay(now())
    return createSyntheticWorld(config, { asAt, publicUrl })
  }
  const { records, leftOut } = readGpRecords(config.GP_RECORDS)
  // Their names are not logged: they begin with NHS numbers.
  if (leftOut.length > 0) log.warn({ files: leftOut.length }, 'files without a Bundle or for a person twice')
  return createRecordWorld(records)
}
