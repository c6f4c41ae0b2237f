import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceCatalogue } from '@chesil/contracts'
import type { Bundle, OperationOutcome, Patient, Resource } from '@chesil/fhir'
import { createDatabase as connect } from '@chesil/record-store'
import { sensitiveCodes } from '@chesil/synthetic'
import { ensureKeys, pdsClientKeyId } from '../../tools/demo/keys.ts'
import { makeScratchFolder } from './scratch.ts'
import { type SpawnedService, spawnService } from './services.ts'

/** Where the services keep their data: servers that are running, a database that is migrated. */
export interface StackServers {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly queuePrefix: string
}

export interface StackOptions {
  /** Settings of single services, over the usual ones. */
  readonly env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>
  /** Changes the sandbox's catalogue before the services read it. */
  readonly catalogue?: (catalogue: SourceCatalogue) => SourceCatalogue
  /** Hospitals too: so many trusts in the sandbox, and the acute adapter. */
  readonly trusts?: number
  /** Councils too: so many in the sandbox, and the social-care adapter, which a catalogue with such sources starts as well. */
  readonly councils?: number
  /** The partner gateway too. */
  readonly partners?: boolean
}

export type ServiceName =
  | 'sandbox'
  | 'record-api'
  | 'gp-adapter'
  | 'acute-adapter'
  | 'social-care-adapter'
  | 'partner-gateway'
  | 'record-builder'

export interface SandboxPerson {
  readonly kind: string
  readonly nhsNumber: string
  readonly name: string
  readonly family: string
  readonly birthDate: string
  readonly practice: string
  readonly formerPractice?: string
  readonly oldNhsNumber?: string
}

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
  readonly text: string
  readonly elapsedMs: number
}

export interface Asking {
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
}

const audience = 'https://chesil.example/fhir/R4'

const isOfSocialCare = ({ kind }: SourceCatalogue['sources'][number]): boolean =>
  kind === 'cld' || kind === 'adw' || kind === 'prsb' || kind === 'council-api'

/** In the line with which it says that it listens. */
const mllpPortIn = (log: string): string => /"mllpPort":(\d+)/.exec(log)?.[1] ?? ''

/** All services as processes of their own, against the sandbox: what a deployment is, on one machine. */
export async function openStack(
  { databaseUrl, redisUrl, queuePrefix }: StackServers,
  options: StackOptions = {}
) {
  const folder = makeScratchFolder()
  const keys = ensureKeys(join(folder, 'keys'))
  const stores = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, QUEUE_PREFIX: queuePrefix }
  const start = (name: ServiceName, env: Readonly<Record<string, string>>) =>
    spawnService(name, { ...env, ...options.env?.[name] })

  const sandbox = await start('sandbox', {
    SANDBOX_PEOPLE: '12',
    PDS_REQUESTS_PER_SECOND: '1000',
    PDS_CLIENT_JWK_FILE: keys.pdsClientJwk,
    SANDBOX_TRUSTS: String(options.trusts ?? 0),
    SANDBOX_COUNCILS: String(options.councils ?? 0),
    TRUST_CLIENT_KEY: `file:${keys.pdsClient}`,
    TOKEN_AUDIENCE: audience
  })
  const catalogue = await fetchJson<SourceCatalogue>(`${sandbox.url}/control/catalogue`)
  const sourcesFile = join(folder, 'sources.json')
  const inUse = options.catalogue?.(catalogue) ?? catalogue
  writeFileSync(sourcesFile, JSON.stringify(inUse))
  const codesFile = join(folder, 'sensitive-codes.json')
  writeFileSync(
    codesFile,
    JSON.stringify(Object.fromEntries(sensitiveCodes.map(({ code, label }) => [code, label])))
  )

  const pds = {
    PDS_BASE_URL: `${sandbox.url}/personal-demographics/FHIR/R4`,
    PDS_TOKEN_URL: `${sandbox.url}/issuer/token`,
    PDS_CLIENT_ID: 'chesil',
    PDS_PRIVATE_KEY: `file:${keys.pdsClient}`,
    PDS_KEY_ID: pdsClientKeyId,
    PDS_REQUESTS_PER_SECOND: '1000',
    ALLOWED_ADDRESSES: '127.0.0.0/8'
  }
  const receiving = {
    ...stores,
    SOURCES_FILE: sourcesFile,
    TOKEN_ISSUER: `${sandbox.url}/issuer`,
    TOKEN_AUDIENCE: audience,
    TOKEN_JWKS_URL: `${sandbox.url}/issuer/jwks`,
    ALLOWED_ADDRESSES: '127.0.0.0/8',
    PREFLIGHT_KEY: `file:${keys.preflight}`
  }
  const settings = {
    'record-api': {
      ...stores,
      SOURCES_FILE: sourcesFile,
      SENSITIVE_CODES_FILE: codesFile,
      TOKEN_ISSUER: `${sandbox.url}/issuer`,
      TOKEN_AUDIENCE: audience,
      TOKEN_JWKS_URL: `${sandbox.url}/issuer/jwks`,
      ...pds,
      CURSOR_KEY: `file:${keys.cursor}`,
      AUDIT_SIGNING_KEY: `file:${keys.audit}`,
      AUDIT_CHECKPOINT_DIR: join(folder, 'checkpoints'),
      RATE_LIMIT_PER_MINUTE: '1000000',
      ADDRESS_RATE_LIMIT_PER_MINUTE: '1000000'
    },
    'gp-adapter': { ...stores, SOURCES_FILE: sourcesFile, CONSUMER_ISSUER: audience },
    'acute-adapter': { ...receiving, ORGANISATION: 'QVV' },
    'social-care-adapter': receiving,
    'partner-gateway': {
      ...receiving,
      PARTNER_KEYS_SECRET: `file:${keys.partnerKeys}`,
      RECORD_URL: 'https://record.example/fhir/R4',
      SENSITIVE_CODES_FILE: codesFile,
      AUDIT_SIGNING_KEY: `file:${keys.audit}`,
      AUDIT_CHECKPOINT_DIR: join(folder, 'checkpoints')
    },
    'record-builder': { ...stores, ...pds, PDS_ORGANISATION: 'QVV', TRACES_PER_SECOND: '1000' }
  }
  const running = new Map<ServiceName, SpawnedService>([['sandbox', sandbox]])
  const startOne = async (name: keyof typeof settings) => {
    running.set(name, await start(name, settings[name]))
  }
  const hospital = options.trusts ? (['acute-adapter'] as const) : []
  const socialCare = inUse.sources.some(isOfSocialCare) ? (['social-care-adapter'] as const) : []
  const names = ['record-api', 'gp-adapter', 'record-builder', ...hospital, ...socialCare] as const
  await Promise.all(names.map(startOne))
  if (options.partners) {
    // It asks the adapters, so it has to know where they are.
    const urlOf = (name: ServiceName) => running.get(name)?.url
    Object.assign(settings['partner-gateway'], {
      ...(running.has('acute-adapter') && { ACUTE_ADAPTER_URL: urlOf('acute-adapter') }),
      ...(running.has('social-care-adapter') && { SOCIAL_CARE_ADAPTER_URL: urlOf('social-care-adapter') })
    })
    await startOne('partner-gateway')
  }
  const database = connect({ url: databaseUrl, applicationName: 'test', maxConnections: 2 })

  const readService = (name: ServiceName): SpawnedService => running.get(name) as SpawnedService
  const recordApi = () => `${readService('record-api').url}/fhir/R4`
  const token = await issueToken(sandbox.url, {})

  async function ask<Body = Bundle>(path: string, { token: given = token, headers, method }: Asking = {}) {
    const startedAt = performance.now()
    const response = await fetch(path.startsWith('http') ? path : `${recordApi()}/${path}`, {
      method: method ?? 'GET',
      headers: { ...(given && { authorization: `Bearer ${given}` }), ...headers }
    })
    const text = await response.text()
    const elapsedMs = performance.now() - startedAt
    const body = (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined) as Body
    return {
      status: response.status,
      headers: response.headers,
      body,
      text,
      elapsedMs
    } satisfies Answer<Body>
  }

  return {
    database,
    databaseUrl,
    catalogue,
    folder,
    keys,
    settings,
    /** A clinician's. */
    token,
    recordApi,
    service: readService,
    startService: startOne,
    /** Where HL7 v2 is listened for: host and port. */
    mllpAddress: () => `127.0.0.1:${mllpPortIn(readService('acute-adapter').logs())}`,
    ask,
    issueToken: (request: object) => issueToken(sandbox.url, request),
    people: () => fetchJson<readonly SandboxPerson[]>(`${sandbox.url}/control/people`),
    /** Steers the sandbox: `control('PUT', 'practices/A81001/behaviour', { kind: 'hang' })`. */
    control: (method: string, path: string, body?: unknown) =>
      fetchJson<unknown>(`${sandbox.url}/control/${path}`, method, body),

    /** First contact by NHS number. @returns the person's id, or `undefined` when nobody is shown. */
    async findPerson(nhsNumber: string, asking: Asking = {}): Promise<string | undefined> {
      const { body } = await ask(`Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}`, asking)
      return resourcesOf<Patient>(body, 'Patient')[0]?.id
    },

    /** Waits until no source is pending. */
    async settle(patientId: string, asking: Asking = {}): Promise<void> {
      for (let waited = 0; waited < 30_000; waited += 50) {
        const { status, body, text } = await ask<{ sources: { codes: string[] }[] }>(
          `Patient/${patientId}/$completeness`,
          asking
        )
        if (status !== 200) throw new Error(`The completeness is not told: ${status} ${text}`)
        if (body.sources.every(({ codes }) => codes[0] !== 'pending')) return
        await sleep(50)
      }
      throw new Error('The sources are still pending after 30 s')
    },

    async stop(): Promise<void> {
      await database.close()
      await Promise.all([...running.values()].map((service) => service.stop()))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

export type OpenStack = Awaited<ReturnType<typeof openStack>>

/** The resources of one type in a Bundle, in its order; the outcome entry is not among them. */
export function resourcesOf<Type extends Resource = Resource>(bundle: Bundle, resourceType?: string): Type[] {
  return (bundle.entry ?? [])
    .filter(({ search }) => search?.mode !== 'outcome')
    .flatMap(({ resource }) => (resource ? [resource as Type] : []))
    .filter((resource) => resourceType === undefined || resource.resourceType === resourceType)
}

/** What an answer says it leaves out. */
export function outcomeOf(bundle: Bundle): OperationOutcome {
  const entry = bundle.entry?.find(({ search }) => search?.mode === 'outcome')
  return entry?.resource as OperationOutcome
}

/** The codes of each issue, the leading one first. */
export const codesOf = (outcome: OperationOutcome): (string | undefined)[][] =>
  outcome.issue.map(({ details }) => (details?.coding ?? []).map(({ code }) => code))

async function issueToken(sandboxUrl: string, request: object): Promise<string> {
  const { token } = await fetchJson<{ token: string }>(`${sandboxUrl}/issuer/test-token`, 'POST', request)
  return token
}

async function fetchJson<Body>(url: string, method = 'GET', body?: unknown): Promise<Body> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return (text ? JSON.parse(text) : undefined) as Body
}
