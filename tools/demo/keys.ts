import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** By which the token issuer finds the key of our PDS client. */
export const pdsClientKeyId = 'chesil-demo'

/** Files, each readable by this user alone. */
export interface DemoKeys {
  /** Signs Chesil's requests for PDS tokens; PEM, P-384. */
  readonly pdsClient: string
  /** Its public half, a JWK, for the sandbox's token issuer. */
  readonly pdsClientJwk: string
  /** Signs the audit checkpoints; PEM, ed25519. */
  readonly audit: string
  /** Signs page cursors; 32 random bytes, hex. */
  readonly cursor: string
  /** Partners' keys are sealed with it; 32 random bytes, hex. */
  readonly partnerKeys: string
  /** By which the partner gateway asks adapters; `whsec_…`. */
  readonly preflight: string
  /** The console's sessions are encrypted with it; 32 random bytes, hex. */
  readonly consoleSessions: string
}

/** Writes a file whole or not at all, for this user alone. */
export function writePrivateFile(file: string, content: string): void {
  const unfinished = `${file}.new`
  writeFileSync(unfinished, content, { mode: 0o600 })
  renameSync(unfinished, file)
}

function ensureFile(file: string, make: () => string): string {
  if (!existsSync(file)) writePrivateFile(file, make())
  return file
}

const toPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const makePdsClientKey = () => toPem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
const makeAuditKey = () => toPem(generateKeyPairSync('ed25519').privateKey)

/** Makes what is missing and keeps what is there: audit and cursors of an earlier run stay verifiable. */
export function ensureKeys(folder: string): DemoKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pdsClient = ensureFile(join(folder, 'pds-client.pem'), makePdsClientKey)
  return {
    pdsClient,
    pdsClientJwk: ensureFile(join(folder, 'pds-client.jwk.json'), () => publicJwkOf(pdsClient)),
    audit: ensureFile(join(folder, 'audit.pem'), makeAuditKey),
    cursor: ensureFile(join(folder, 'cursor.key'), () => randomBytes(32).toString('hex')),
    partnerKeys: ensureFile(join(folder, 'partner-keys.secret'), () => randomBytes(32).toString('hex')),
    preflight: ensureFile(join(folder, 'preflight.key'), () => `whsec_${randomBytes(32).toString('base64')}`),
    consoleSessions: ensureFile(join(folder, 'console-sessions.secret'), () =>
      randomBytes(32).toString('hex')
    )
  }
}

function publicJwkOf(privateKeyFile: string): string {
  const key = createPublicKey(readFileSync(privateKeyFile, 'utf8'))
  return JSON.stringify({ ...key.export({ format: 'jwk' }), kid: pdsClientKeyId, alg: 'ES384', use: 'sig' })
}
