import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Claims } from '@chesil/access-tokens'
import type { FhirSender } from '@chesil/contracts'
import type { OdsCode } from '@chesil/fhir'
import { OutcomeError } from '@chesil/fhir'
import { createSharedCommits } from '@chesil/message-intake'
import {
  acceptWebhooks,
  addPartnerKey,
  createAuditLog,
  createCheckpointSigner,
  type Database,
  findPartnerWithKeys,
  type Partner,
  registerPartner,
  systemIds,
  type WebhookToAccept
} from '@chesil/record-store'
import { createLogger, createSealing } from '@chesil/service-kit'
import { fingerprintOf, generateKey, parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import type {} from '../../../tests/support/global-setup.ts'
import { type AppDeps, buildApp } from '../src/app.ts'
import { createKnownPartners } from '../src/partners/known-partners.ts'
import { readReceipts } from '../src/receipts/read-receipts.ts'
import { authoriseEvent } from '../src/subscriptions/authorise-event.ts'
import { createSubscriptionAudit } from '../src/subscriptions/subscription-audit.ts'

export const sealing = createSealing('a secret of thirty-two characters or more')

/** A partner with one key of a scheme; `sign` is what its system does. */
export async function createPartner(
  database: Database,
  changes: Partial<Partner> = {},
  scheme: 'v1' | 'v1a' = 'v1'
) {
  const partner = {
    id: `p-${randomUUID().slice(0, 8)}`,
    name: 'A hospital’s integration engine',
    odsCode: 'RXX' as OdsCode,
    sourceIds: ['rxx-fhir'],
    clientId: null,
    ...changes
  }
  await registerPartner(database, partner, 'test')
  const key = generateKey(scheme)
  const keyId = await addKey(database, partner.id, key.verifying)
  return { ...partner, keyId, sign: signer(key.signing), key }
}

export type TestPartner = Awaited<ReturnType<typeof createPartner>>

/** @returns the id of the key. */
export async function addKey(
  database: Database,
  partnerId: string,
  verifying: string,
  endpointId: string | null = null
): Promise<string> {
  const id = randomUUID()
  const key = {
    id,
    partnerId,
    endpointId,
    scheme: verifying.startsWith('whpk_') ? ('v1a' as const) : ('v1' as const),
    sealed: sealing.seal(verifying, id),
    fingerprint: fingerprintOf(verifying)
  }
  const outcome = await database.transaction((sql) => addPartnerKey(sql, key, 'test'))
  if (outcome !== 'added') throw new Error(`The key was not added: ${outcome}`)
  return id
}

export const signer =
  (...signing: string[]) =>
  (body: Buffer | string, { id = randomUUID() as string, now = Date.now() } = {}) => ({
    ...signWebhook({ id, now, body: Buffer.from(body), keys: signing.map(parseSigningKey) })
  })

const claimsByToken = new Map<string, Claims>()
/** @returns a token that the gateway takes for one with these claims. */
export function tokenOf(claims: Partial<Claims>): string {
  const token = randomUUID().replaceAll('-', '')
  const usual = { iss: 'i', sub: 's', aud: 'a', exp: 0, iat: 0, jti: '1', scope: 'system/MessageHeader.c' }
  claimsByToken.set(token, { ...usual, ...claims })
  return token
}

export const fhirSender = (id: string, odsCode: string): FhirSender => ({
  id,
  kind: 'fhir-sender',
  odsCode,
  name: 'A hospital',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test'
})

const { privateKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const openAuditLog = (sql: Database) =>
  createAuditLog({
    sql,
    signer: createCheckpointSigner(pem),
    secondPlace: { append: async () => undefined },
    now: Date.now,
    onError: () => undefined
  })

/** The app over a real database. */
export function openGateway(database: () => Database, changes: Partial<AppDeps> = {}) {
  const refused: string[] = []
  const unopened: string[] = []
  const commits = createSharedCommits({
    take: (events: readonly WebhookToAccept[]) =>
      database().transaction((sql) => acceptWebhooks(sql, events)),
    senderOf: ({ partnerId }) => partnerId,
    onError: () => undefined
  })
  const clock = { now: () => Date.now() }
  let auditLog: ReturnType<typeof openAuditLog> | undefined
  const app = buildApp({
    log: createLogger('test', 'silent'),
    findPartner: createKnownPartners({
      find: (id) => findPartnerWithKeys(database(), id),
      catalogue: { sources: [fhirSender('rxx-fhir', 'RXX'), fhirSender('ryy-fhir', 'RYY')] },
      sealing,
      onUnopened: (keyId) => unopened.push(keyId),
      now: () => clock.now()
    }),
    verifyToken: async (token) => {
      const claims = claimsByToken.get(token)
      if (!claims) throw new OutcomeError('unauthenticated', 'The token is not valid')
      return claims
    },
    toleranceSeconds: 300,
    now: () => clock.now(),
    accept: commits.take,
    preview: async () => ({ outcome: 'taken', issues: [], gaps: [], denied: 0, persons: [] }),
    newId: systemIds.newId,
    readReceipts: (query) => readReceipts(database(), query),
    get database() {
      return database()
    },
    authorise: (event) =>
      authoriseEvent(event, { database: database(), sensitiveCodes: new Map(), now: () => clock.now() }),
    audit: createSubscriptionAudit({
      log: {
        commit: async (entry) => {
          auditLog ??= openAuditLog(database())
          return await auditLog.commit(entry)
        }
      },
      now: () => clock.now()
    }),
    recordBase: 'https://record.example/fhir/R4',
    maxBodyBytes: 65_536,
    publicUrl: () => 'https://gateway.example',
    limits: { perPartner: 100_000, perAddress: 100_000 },
    trustedProxies: [],
    onAccepted: () => undefined,
    onRefused: (reason) => refused.push(reason),
    ...changes
  })

  /** Signs and asks; a body that is no text is sent as JSON. */
  async function ask(partner: Pick<TestPartner, 'id' | 'sign'>, url: string, question: Question = {}) {
    const { method = 'GET', body, headers = {} } = question
    const text =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    return await app.inject({
      method,
      url,
      headers: {
        'chesil-partner': partner.id,
        ...partner.sign(text ?? ''),
        ...(text !== undefined && { 'content-type': 'application/json' }),
        ...headers
      },
      ...(text !== undefined && { payload: text })
    })
  }

  return {
    app,
    ask,
    refused,
    unopened,
    clock,

    async send(
      partner: Pick<TestPartner, 'id' | 'sign'>,
      body: Buffer | string,
      { headers = {}, ...options }: { headers?: Record<string, string>; id?: string; now?: number } = {}
    ) {
      return await app.inject({
        method: 'POST',
        url: `/webhooks/${partner.id}`,
        headers: {
          'content-type': 'application/fhir+json',
          ...partner.sign(body, options),
          ...headers
        },
        payload: Buffer.from(body)
      })
    }
  }
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export const observation = (id = 'o1'): string =>
  JSON.stringify({ resourceType: 'Observation', id, status: 'final', code: { text: 'A test' } })
