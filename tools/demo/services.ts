import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sensitiveCodes } from '@chesil/synthetic'
import { startService } from '../processes/start-service.ts'
import type { AcuteAddresses } from './hospital.ts'
import { type DemoKeys, pdsClientKeyId } from './keys.ts'
import type { DemoOptions } from './options.ts'
import { readCatalogue } from './sandbox.ts'
import type { Stack } from './stack.ts'

/** Where things are; all absolute. */
export interface DemoFolders {
  /** `.demo` */
  readonly root: string
  /** What belongs to one set of people: their database and what is signed over it. */
  readonly data: string
  readonly logs: string
}

export interface ServiceContext {
  readonly stack: Stack
  readonly folders: DemoFolders
  readonly keys: DemoKeys
  readonly options: DemoOptions
}

/** What record-api and the sandbox's tokens call the API; the address changes with its port. */
const audience = 'https://chesil.example/fhir/R4'
/** PDS allows 5; people are to be there in seconds. */
const pdsRequestsPerSecond = '50'

async function start(
  name: string,
  env: Readonly<Record<string, string>>,
  { stack, folders }: ServiceContext
) {
  const starting = startService({ name, env, logFile: join(folders.logs, `${name}.log`) })
  stack.addStart(starting)
  const service = await starting
  return stack.addService(`The service ${name}`, service)
}

/** @returns its address. */
export async function startSandbox(context: ServiceContext): Promise<string> {
  const { keys, options } = context
  const people =
    options.gpRecords === undefined
      ? { SANDBOX_PEOPLE: String(options.people ?? 25) }
      : { GP_RECORDS: options.gpRecords }
  const service = await start(
    'sandbox',
    {
      ...people,
      PDS_REQUESTS_PER_SECOND: pdsRequestsPerSecond,
      PDS_CLIENT_ID: 'chesil',
      PDS_CLIENT_JWK_FILE: keys.pdsClientJwk,
      TOKEN_AUDIENCE: audience,
      // Made-up people go to a made-up hospital; those whose records lie in a folder do not.
      SANDBOX_TRUSTS: options.gpRecords === undefined ? '1' : '0',
      SANDBOX_COUNCILS: options.gpRecords === undefined ? '1' : '0',
      TRUST_CLIENT_KEY: `file:${keys.pdsClient}`
    },
    context
  )
  return service.url
}

export interface Addresses {
  readonly sandbox: string
  readonly postgres: string
  readonly redis: string
}

async function writeSettings(sandbox: string, { folders }: ServiceContext) {
  const sources = join(folders.data, 'sources.json')
  const codes = join(folders.data, 'sensitive-codes.json')
  writeFileSync(sources, JSON.stringify(await readCatalogue(sandbox), undefined, 2))
  writeFileSync(
    codes,
    JSON.stringify(Object.fromEntries(sensitiveCodes.map(({ code, label }) => [code, label])))
  )
  return { sources, codes }
}

const pdsEnv = (sandbox: string, keys: DemoKeys): Readonly<Record<string, string>> => ({
  PDS_BASE_URL: `${sandbox}/personal-demographics/FHIR/R4`,
  PDS_TOKEN_URL: `${sandbox}/issuer/token`,
  PDS_CLIENT_ID: 'chesil',
  PDS_PRIVATE_KEY: `file:${keys.pdsClient}`,
  PDS_KEY_ID: pdsClientKeyId,
  PDS_KEY_ALGORITHM: 'ES384',
  PDS_REQUESTS_PER_SECOND: pdsRequestsPerSecond,
  ALLOWED_ADDRESSES: '127.0.0.0/8'
})

function recordApiEnv(
  { sandbox, postgres }: Addresses,
  files: { readonly sources: string; readonly codes: string },
  context: ServiceContext
): Readonly<Record<string, string>> {
  const { keys, options } = context
  return {
    PORT: String(options.port ?? 0),
    DATABASE_URL: postgres,
    SOURCES_FILE: files.sources,
    SENSITIVE_CODES_FILE: files.codes,
    TOKEN_ISSUER: `${sandbox}/issuer`,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS_URL: `${sandbox}/issuer/jwks`,
    ...pdsEnv(sandbox, keys),
    CURSOR_KEY: `file:${keys.cursor}`,
    AUDIT_SIGNING_KEY: `file:${keys.audit}`,
    AUDIT_CHECKPOINT_DIR: checkpointFolder(context),
    RATE_LIMIT_PER_MINUTE: '60000', // one reader loads everybody
    ADDRESS_RATE_LIMIT_PER_MINUTE: '60000'
  }
}

function checkpointFolder({ folders }: ServiceContext): string {
  const checkpoints = join(folders.data, 'audit-checkpoints')
  mkdirSync(checkpoints, { recursive: true })
  return checkpoints
}

/** An adapter that is sent messages. */
const receivingEnv = (
  { sandbox, postgres, redis }: Addresses,
  files: { readonly sources: string },
  { keys }: ServiceContext
): Readonly<Record<string, string>> => ({
  DATABASE_URL: postgres,
  REDIS_URL: redis,
  SOURCES_FILE: files.sources,
  TOKEN_ISSUER: `${sandbox}/issuer`,
  TOKEN_AUDIENCE: audience,
  TOKEN_JWKS_URL: `${sandbox}/issuer/jwks`,
  PREFLIGHT_KEY: `file:${keys.preflight}`,
  ...pdsEnv(sandbox, keys)
})

/** In the line with which it says that it listens. */
const mllpPortIn = (log: string): string => /"mllpPort":(\d+)/.exec(log)?.[1] ?? ''

export interface RecordServices {
  /** The FHIR base of the record API. */
  readonly recordApi: string
  readonly acute: AcuteAddresses
  /** The social-care adapter; no trailing slash. */
  readonly socialCare: string
  /** The partner gateway; no trailing slash. */
  readonly partnerGateway: string
  /** Where staff look; no trailing slash. */
  readonly console: string
}

/** Starts what reads and writes the record. */
export async function startRecordServices(
  addresses: Addresses,
  context: ServiceContext
): Promise<RecordServices> {
  const files = await writeSettings(addresses.sandbox, context)
  const stores = { DATABASE_URL: addresses.postgres, REDIS_URL: addresses.redis }
  const builder = {
    ...stores,
    ...pdsEnv(addresses.sandbox, context.keys),
    PDS_ORGANISATION: 'QVV',
    TRACES_PER_SECOND: pdsRequestsPerSecond
  }
  const adapter = { ...stores, SOURCES_FILE: files.sources, CONSUMER_ISSUER: audience }
  const receiving = receivingEnv(addresses, files, context)
  const opsConsole = {
    DATABASE_URL: addresses.postgres,
    OIDC_ISSUER: `${addresses.sandbox}/issuer`,
    OIDC_CLIENT_ID: 'ops-console',
    SESSION_SECRET: `file:${context.keys.consoleSessions}`,
    PARTNER_KEYS_SECRET: `file:${context.keys.partnerKeys}`,
    ALLOWED_ADDRESSES: '127.0.0.0/8'
  }
  const [recordApi, acute, socialCare, console] = await Promise.all([
    start('record-api', recordApiEnv(addresses, files, context), context),
    start('acute-adapter', { ...receiving, ORGANISATION: 'QVV' }, context),
    start('social-care-adapter', receiving, context),
    start('ops-console', opsConsole, context),
    start('record-builder', builder, context),
    start('gp-adapter', adapter, context)
  ])
  const gateway = {
    ...receiving,
    PARTNER_KEYS_SECRET: `file:${context.keys.partnerKeys}`,
    RECORD_URL: `${recordApi.url}/fhir/R4`,
    SENSITIVE_CODES_FILE: files.codes,
    AUDIT_SIGNING_KEY: `file:${context.keys.audit}`,
    AUDIT_CHECKPOINT_DIR: checkpointFolder(context),
    ACUTE_ADAPTER_URL: acute.url,
    SOCIAL_CARE_ADAPTER_URL: socialCare.url
  }
  const partnerGateway = await start('partner-gateway', gateway, context)
  return {
    recordApi: `${recordApi.url}/fhir/R4`,
    acute: { mllp: `127.0.0.1:${mllpPortIn(acute.output())}`, http: acute.url },
    socialCare: socialCare.url,
    partnerGateway: partnerGateway.url,
    console: console.url
  }
}
