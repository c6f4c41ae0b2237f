import type { Bundle } from '@chesil/fhir'
import type { FastifyReply } from 'fastify'
import { sendWebPage, stall } from '../stall.ts'
import type { TrustState } from '../trust/trust-world.ts'
import { fhirJson, refuse } from './reply.ts'

const half = '{"resourceType":"Bundle","type":"searchset","entry":[{"resou'

/**
 * Does what a trust does before it looks at a request.
 *
 * @returns whether that was all.
 */
export async function misbehave({ behaviour }: TrustState, reply: FastifyReply): Promise<boolean> {
  switch (behaviour.kind) {
    case 'fail':
      await refuse(reply, behaviour.status)
      return true
    case 'garbage':
      if (behaviour.content === 'html') await sendWebPage(reply)
      else await reply.type(fhirJson).send(half)
      return true
    default:
      return await stall(behaviour, reply)
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
