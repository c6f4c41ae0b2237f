import { OutcomeError } from '@chesil/fhir'
import type { ReceiptQuery } from '@chesil/record-store'
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
import { type Cursor, readCursor, writeCursor } from './cursor.ts'
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
    eventId: Type.Optional(Type.String({ maxLength: 256, description: 'The webhook-id it came with' })),
    since: Type.Optional(Type.String({ format: 'date-time', description: 'Accepted then or later' })),
    state: Type.Optional(Type.Enum([...receiptStates])),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 200, description: 'As `next` has it' }))
  },
  { additionalProperties: false }
)

const nothing = Buffer.alloc(0)
/** Of rows that are looked at for one page: a state is known only once its event has been looked at. */
const mostLookedAt = 2_000

/** What became of what a partner sent: its own events, and nobody else's. */
export const receiptRoutes =
  (deps: ReceiptRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    answerProblems(app)
    const errors = { 400: Problem, 401: Problem, 404: Problem }
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
        const partner = await partnerOf(request, deps)
        const query = { partnerId: partner.id, id: request.params.id, limit: 1 }
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
        const partner = await partnerOf(request, deps)
        const { eventId, since, state, count = 50, cursor } = request.query
        const query = {
          partnerId: partner.id,
          ...(eventId !== undefined && { eventId }),
          ...(since !== undefined && { since: Date.parse(since) })
        }
        const page = await findPage(deps, query, {
          count,
          state,
          before: cursor ? readCursor(cursor) : undefined
        })
        const parameters = new URLSearchParams(
          Object.entries(request.query).map(([name, value]): [string, string] => [name, String(value)])
        )
        if (page.next) parameters.set('cursor', writeCursor(page.next))
        return {
          receipts: [...page.receipts],
          ...(page.next && { next: `${deps.publicUrl()}/receipts?${parameters}` })
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

interface Page {
  readonly receipts: readonly Receipt[]
  readonly next: Cursor | undefined
}

async function findPage(
  { readReceipts }: ReceiptRoutesDeps,
  query: Omit<ReceiptQuery, 'limit' | 'before'>,
  { count, state, before }: { count: number; state: Receipt['state'] | undefined; before: Cursor | undefined }
): Promise<Page> {
  const receipts: Receipt[] = []
  let from = before
  for (let lookedAt = 0; lookedAt < mostLookedAt; lookedAt += count) {
    const found = await readReceipts({ ...query, limit: count, ...(from && { before: from }) })
    const wanted = found.filter((receipt) => state === undefined || receipt.state === state)
    const taken = wanted.slice(0, count - receipts.length)
    receipts.push(...taken)
    const isFull = receipts.length === count
    const last = isFull ? taken.at(-1) : found.at(-1)
    if (last) from = { receivedAt: Date.parse(last.acceptedAt), id: last.id }
    if (isFull) return { receipts, next: from }
    if (found.length < count) return { receipts, next: undefined }
  }
  return { receipts, next: from }
}
