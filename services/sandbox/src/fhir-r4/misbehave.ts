import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from '@chesil/fhir'
import type { FastifyReply } from 'fastify'
import type { TrustState } from '../trust/trust-world.ts'
import { fhirJson, refuse } from './reply.ts'

const webPage = '<!doctype html><title>Sign in</title><h1>Please sign in to the hospital network</h1>\n'
const half = '{"resourceType":"Bundle","type":"searchset","entry":[{"resou'

/**
 * Does what a trust does before it looks at a request.
 *
 * @returns whether that was all.
 */
export async function misbehave({ behaviour }: TrustState, reply: FastifyReply): Promise<boolean> {
  switch (behaviour.kind) {
    case 'slow':
      await sleep(behaviour.ms)
      return false
    case 'hang':
      reply.hijack()
      return true
    case 'reset':
      reply.hijack()
      reply.raw.socket?.resetAndDestroy()
      return true
    case 'fail':
      await refuse(reply, behaviour.status)
      return true
    case 'garbage':
      if (behaviour.content === 'html') await reply.type('text/html').send(webPage)
      else await reply.type(fhirJson).send(half)
      return true
    default:
      return false
  }
}

/** The same page, with a next one that leads astray. */
export function misled(page: Bundle, { behaviour, trust }: TrustState): Bundle {
  const self = page.link?.find(({ relation }) => relation === 'self')
  const withNext = (url: string): Bundle => ({
    ...page,
    link: [...(self ? [self] : []), { relation: 'next', url }]
  })
  if (behaviour.kind === 'page-loop') return withNext(self?.url ?? '')
  if (behaviour.kind !== 'foreign-page') return page
  return withNext(`http://${trust.odsCode.toLowerCase()}.attacker.example/FHIR/R4/next`)
}
