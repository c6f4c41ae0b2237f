import { OutcomeError } from '@chesil/fhir'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const timeWindow = '1 minute'
const untold = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/** Before anything is verified, so that invented partners and signatures cost their sender. */
export async function limitAddress(scope: FastifyInstance, max: number): Promise<void> {
  await scope.register(rateLimit, { global: false, addHeadersOnExceeding: untold })
  // By a hook of the scope: those of its routes would come after who sends has been looked up.
  scope.addHook('onRequest', scope.rateLimit({ max, timeWindow }))
}

/**
 * By partner, once it has shown that it is that partner: nobody else can use up what is theirs.
 *
 * @returns what throws OutcomeError `throttled`, and sets `Retry-After`, for what is too much.
 */
export function createPartnerLimit(scope: FastifyInstance, max: number) {
  const check = scope.createRateLimit({ max, timeWindow, keyGenerator: ({ partner }) => partner?.id ?? '' })
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const verdict = await check(request)
    if (verdict.isAllowed || !verdict.isExceeded) return
    reply.header('Retry-After', verdict.ttlInSeconds)
    throw new OutcomeError('throttled', 'Too many requests: try again later')
  }
}
