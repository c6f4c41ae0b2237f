import { OutcomeError } from '@chesil/fhir'
import type { ReceiptQuery } from '@chesil/record-store'
import { webhookIdPattern } from '@chesil/webhook-signatures'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import {
  type AuthenticationDeps,
  admitPartner,
  checkSignature,
  partnerIdOf
} from '../partners/authenticate.ts'
import type { KnownPartner } from '../partners/known-partners.ts'
import { answerProblems, Problem } from '../problem.ts'
import { Receipt, receiptStates } from './receipt.ts'

export interface ReceiptRoutesDeps extends AuthenticationDeps {
  readonly readReceipts: (query: ReceiptQuery) => Promise<readonly Receipt[]>
  readonly publicUrl: () => string
}

const Listing = Type.Object({
  receipts: Type.Array(Receipt),
  next: Type.Optional(Type.String({ format: 'uri', description: 'Older ones' }))
})

const Query = Type.Object(
  {
    eventId: Type.Optional(
      Type.String({ pattern: webhookIdPattern, description: 'The webhook-id it came with' })
    ),
    since: Type.Optional(Type.String({ format: 'date-time', description: 'Accepted then or later' })),
    state: Type.Optional(Type.Enum([...receiptStates])),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(
      Type.String({ format: 'uuid', description: 'Those before this receipt: see `next`' })
    )
  },
  { additionalProperties: false }
)

const nothing = Buffer.alloc(0)
/** Of rows that are looked at for one page: a state is known only once its event has been looked at. */
const mostLookedAt = 2_000
const lookedAtAtOnce = 200

/** What became of what a partner sent: its own events, and nobody else's. */
export const receiptRoutes =
  (deps: ReceiptRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    answerProblems(app)
    app.addHook('preHandler', async (request, reply) => {
      request.partner = await partnerOf(request, deps)
      await deps.limitPartner(request, reply)
    })
    const errors = { 400: Problem, 401: Problem, 404: Problem, 429: Problem }
    const security = { tags: ['receipts'] }

    app.get(
      '/receipts/:id',
      {
        schema: {
          summary: 'What became of an event',
          ...security,
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          response: { 200: Receipt, ...errors }
        }
      },
      async (request) => {
        const { id: partnerId } = request.partner as KnownPartner
        const query = { partnerId, id: request.params.id, limit: 1 }
        const [receipt] = await deps.readReceipts(query)
        if (!receipt) throw new OutcomeError('notFound', 'There is no such receipt of yours')
        return receipt
      }
    )

    app.get(
      '/receipts',
      {
        schema: {
          summary: 'What became of events, the latest first',
          ...security,
          querystring: Query,
          response: { 200: Listing, ...errors }
        }
      },
      async (request) => {
        const { id: partnerId } = request.partner as KnownPartner
        const { eventId, since, state, count = 50, cursor } = request.query
        const query = {
          partnerId,
          ...(eventId !== undefined && { eventId }),
          ...(since !== undefined && { since: readTime(since) })
        }
        const page = await findPage(deps, query, { count, state, before: cursor })
        const parameters = new URLSearchParams(
          Object.entries(request.query).map(([name, value]): [string, string] => [name, String(value)])
        )
        if (page.next !== undefined) parameters.set('cursor', page.next)
        return {
          receipts: [...page.receipts],
          ...(page.next !== undefined && { next: `${deps.publicUrl()}/receipts?${parameters}` })
        }
      }
    )
  }

/** Reading is signed as sending is, with an empty body; the header `chesil-partner` says whose keys. */
async function partnerOf(request: FastifyRequest, deps: ReceiptRoutesDeps): Promise<KnownPartner> {
  const partner = await admitPartner(request, partnerIdOf(request), deps)
  checkSignature(request, nothing, partner, deps)
  return partner
}

/** @throws OutcomeError `invalid`: not every text of that form is a time. */
function readTime(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new OutcomeError('invalid', '`since` is no time that ever was')
  return at
}

interface Page {
  readonly receipts: readonly Receipt[]
  /** The last receipt that was looked at, where there may be more. */
  readonly next: string | undefined
}

async function findPage(
  { readReceipts }: ReceiptRoutesDeps,
  query: Omit<ReceiptQuery, 'limit' | 'before'>,
  { count, state, before }: { count: number; state: Receipt['state'] | undefined; before: string | undefined }
): Promise<Page> {
  const limit = state === undefined ? count : Math.max(count, lookedAtAtOnce)
  const receipts: Receipt[] = []
  let from = before
  for (let lookedAt = 0; lookedAt < mostLookedAt; lookedAt += limit) {
    const found = await readReceipts({ ...query, limit, ...(from !== undefined && { before: from }) })
    const wanted = found.filter((receipt) => state === undefined || receipt.state === state)
    const taken = wanted.slice(0, count - receipts.length)
    receipts.push(...taken)
    const isFull = receipts.length === count
    from = (isFull ? taken : found).at(-1)?.id ?? from
    if (isFull) return { receipts, next: from }
    if (found.length < limit) return { receipts, next: undefined }
  }
  return { receipts, next: from }
}
