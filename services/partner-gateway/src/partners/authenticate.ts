import { type Claims, grants, type Interaction, parseScopes } from '@chesil/access-tokens'
import { OutcomeError } from '@chesil/fhir'
import { type SignatureRefusal, verifyWebhook } from '@chesil/webhook-signatures'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FindKnownPartner, KnownPartner } from './known-partners.ts'

export interface AuthenticationDeps {
  readonly findPartner: FindKnownPartner
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly toleranceSeconds: number
  /** ms since 1970 */
  readonly now: () => number
  /** @throws OutcomeError `throttled` for what is too much of `request.partner`. */
  readonly limitPartner: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** @param reason Low cardinality: a code. */
  readonly onRefused: (reason: string) => void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read. */
    partner: KnownPartner | undefined
  }
}

/** What its token must grant, where a partner brings one. */
export interface NeededScope {
  readonly resourceType: string
  readonly interaction: Interaction
}

const sending: NeededScope = { resourceType: 'MessageHeader', interaction: 'c' }

/** What ids of partners are made of; anything else is asked of no database. */
export const partnerIdPattern = '^[a-z0-9][a-z0-9-]{1,40}$'
const isPartnerId = (text: string): boolean => new RegExp(partnerIdPattern).test(text)

const unknown = 'Not a partner that is known here'

/**
 * Before the body is read: nobody unknown makes us hold megabytes. A token is verified; of a signature it is seen only
 * that there is one.
 *
 * @throws OutcomeError `unauthenticated` or `forbidden`.
 */
export async function admitPartner(
  request: FastifyRequest,
  partnerId: string,
  deps: AuthenticationDeps,
  needed: NeededScope = sending
): Promise<KnownPartner> {
  const partner = isPartnerId(partnerId) ? await deps.findPartner(partnerId) : undefined
  if (!partner) throw refuse(deps, 'unknown-partner', unknown)
  const { authorization } = request.headers
  if (authorization !== undefined) await checkToken(authorization, partner, needed, deps)
  else if (request.headers['webhook-signature'] === undefined)
    throw refuse(deps, 'no-credentials', 'Sign the request (webhook-signature), or bring a bearer token')
  return partner
}

async function checkToken(
  authorization: string,
  { clientId }: KnownPartner,
  { resourceType, interaction }: NeededScope,
  deps: AuthenticationDeps
): Promise<void> {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1]
  if (token === undefined) throw refuse(deps, 'no-token', 'A bearer token is needed')
  const claims = await deps.verifyToken(token).catch((error: unknown) => {
    deps.onRefused('bad-token')
    throw error
  })
  // A token of another partner, or of a person, is no credential of this one.
  if (clientId === null || claims['sub'] !== clientId) throw refuse(deps, 'other-client', unknown)
  const scopes = typeof claims['scope'] === 'string' ? parseScopes(claims['scope']) : []
  if (grants(scopes, resourceType, interaction, ['system'])) return
  deps.onRefused('scope')
  throw new OutcomeError('forbidden', `The token lacks the scope system/${resourceType}.${interaction}`)
}

/**
 * Once the body is there.
 *
 * @throws OutcomeError `unauthenticated` where the request brings a signature, and it is not by a live key over just
 *   these bytes.
 */
export function checkSignature(
  request: FastifyRequest,
  body: Uint8Array,
  { keys }: KnownPartner,
  deps: AuthenticationDeps
): void {
  if (request.headers.authorization !== undefined) return
  const { toleranceSeconds, now } = deps
  const verification = verifyWebhook({ headers: request.headers, body, keys, now: now(), toleranceSeconds })
  if (verification.outcome === 'refused') throw refuse(deps, verification.reason, words[verification.reason])
}

const words: Readonly<Record<SignatureRefusal, string>> = {
  'no-id': 'The header webhook-id is needed, once',
  'no-timestamp': 'The header webhook-timestamp is needed, once',
  'no-signature': 'The header webhook-signature is needed, once',
  'bad-id': 'webhook-id is 1 to 256 visible characters, and no full stop',
  'bad-timestamp': 'webhook-timestamp is the time of this attempt in seconds since 1970, digits only',
  'too-old': 'webhook-timestamp is too long ago: sign each attempt anew, and check your clock',
  'too-new': 'webhook-timestamp is in the future: check your clock',
  'too-many-signatures': 'webhook-signature has more signatures than two live keys make',
  'wrong-signature':
    'No signature is by a live key over these bytes: sign {id}.{timestamp}.{body} as it is sent'
}

/** Who asks, where the address does not say so. @throws OutcomeError `unauthenticated` */
export function partnerIdOf({ headers }: FastifyRequest): string {
  const { 'chesil-partner': id } = headers
  if (typeof id === 'string' && /^[a-z0-9][a-z0-9-]{1,40}$/.test(id)) return id
  throw new OutcomeError('unauthenticated', 'The header chesil-partner says who asks')
}

function refuse(deps: AuthenticationDeps, reason: string, text: string): OutcomeError {
  deps.onRefused(reason)
  return new OutcomeError('unauthenticated', text)
}
