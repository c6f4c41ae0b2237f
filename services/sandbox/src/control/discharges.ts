import { OutcomeError } from '@chesil/fhir'
import { type DischargeDocument, dischargeDocument, dischargeIssues } from '@chesil/synthetic'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import type { TrustState } from '../trust/trust-world.ts'
import { systemToken } from './system-token.ts'

interface OfPerson {
  Params: { readonly odsCode: string; readonly nhsNumber: string }
}

const ofDischarge = {
  issue: Type.Enum([...dischargeIssues], { default: 'first' }),
  seed: Type.String({ default: 'day', maxLength: 64 }),
  day: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Absent: yesterday' }))
}
const DischargeQuery = Type.Object(ofDischarge)
const DischargeRequest = Type.Object(
  {
    ...ofDischarge,
    url: Type.String({ pattern: '^https?://.+', description: 'Where it is posted, e.g. http://host/itk3' }),
    audience: Type.Optional(Type.String({ minLength: 1, description: '`aud` of the token it brings' }))
  },
  { additionalProperties: false }
)

const timeoutMs = 30_000

/** A person's discharge summary as an ITK3 message: shown, or sent. */
export function dischargeControl(
  { world, tokens, tokenAudience, playDay }: Deps,
  readTrust: (odsCode: string) => TrustState
): FastifyPluginAsyncTypebox {
  function write(
    { odsCode, nhsNumber }: OfPerson['Params'],
    { issue, seed, day }: { issue: (typeof dischargeIssues)[number]; seed: string; day?: string }
  ): DischargeDocument {
    const state = world.findPerson(nhsNumber)
    if (!state) throw new OutcomeError('notFound', 'There is no such person here')
    const { trust } = readTrust(odsCode)
    return dischargeDocument(state.person, { seed, trust, asAt: day ?? playDay(), issue })
  }

  return async (app) => {
    app.get<OfPerson>('/', async ({ params, query }) => write(params, readBody(DischargeQuery, query)))

    app.post<OfPerson>('/', async ({ params, body }) => {
      const { url, audience = tokenAudience, ...wanted } = readBody(DischargeRequest, body)
      const { xml, ...told } = write(params, wanted)
      const token = await systemToken(params.odsCode, audience, tokens)
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+xml' },
        body: xml,
        signal: AbortSignal.timeout(timeoutMs)
      }).catch((cause: unknown) => {
        throw new OutcomeError('upstreamUnavailable', 'Nobody took the document', { cause })
      })
      return { ...told, status: response.status, answer: await response.text() }
    })
  }
}
