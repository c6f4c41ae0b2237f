import { OutcomeError, type Resource } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import type { TrustState } from '../trust/trust-world.ts'

interface OfRecord {
  Params: {
    readonly odsCode: string
    readonly nhsNumber: string
    readonly type: string
    readonly id: string
  }
}

const ResourceInPlace = Type.Unsafe<Resource>(Type.Object({ resourceType: Type.String() }))

/** What a trust's FHIR endpoint holds of one person: read, added to, changed, deleted. */
export function trustRecordControl(
  { world }: Deps,
  readTrust: (odsCode: string) => TrustState
): FastifyPluginAsyncTypebox {
  function readBoth({ odsCode, nhsNumber }: OfRecord['Params']) {
    const person = world.findPerson(nhsNumber)
    if (!person) throw new OutcomeError('notFound', 'There is no such person here')
    return { person, resources: readTrust(odsCode).resources }
  }

  return async (app) => {
    app.get<OfRecord>('/', async ({ params }) => {
      const { person, resources } = readBoth(params)
      return resources.of(person)
    })
    app.put<OfRecord>('/:type/:id', async ({ params, body }) => {
      const { person, resources } = readBoth(params)
      const resource = readBody(ResourceInPlace, body)
      if (resource.resourceType !== params.type) throw new OutcomeError('invalid', 'It is of another type')
      return resources.put(person, { ...resource, id: params.id })
    })
    app.delete<OfRecord>('/:type/:id', async ({ params }, reply) => {
      const { person, resources } = readBoth(params)
      if (!resources.remove(person, `${params.type}/${params.id}`))
        throw new OutcomeError('notFound', 'The record has no such resource')
      return reply.code(204).send()
    })
    app.delete<OfRecord>('/', async ({ params }, reply) => {
      const { person, resources } = readBoth(params)
      resources.reset(person)
      return reply.code(204).send()
    })
  }
}
