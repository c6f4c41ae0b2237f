import { londonDay, OutcomeError } from '@chesil/fhir'
import type { Stu3Bundle } from '@chesil/synthetic'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import type { PersonState } from '../world/world.ts'
import { applyEdit, Edit } from './edit.ts'
import { changePerson, PersonChange } from './person-change.ts'

interface OfPerson {
  Params: { readonly nhsNumber: string }
}

const RecordInPlace = Type.Unsafe<Stu3Bundle>(
  Type.Object({
    resourceType: Type.Literal('Bundle'),
    type: Type.String(),
    entry: Type.Array(Type.Object({ resource: Type.Object({ resourceType: Type.String() }) }))
  })
)

/** Whom there is, what PDS and their practice know of them, and what may happen to it. */
export function peopleControl({ world, now }: Deps): FastifyPluginAsyncTypebox {
  function readPerson(nhsNumber: string): PersonState {
    const state = world.findPerson(nhsNumber)
    if (!state) throw new OutcomeError('notFound', 'There is no such person here')
    return state
  }

  return async (app) => {
    app.get('/', async () => world.people.map(personToJson))

    app.get<OfPerson>('/:nhsNumber', async ({ params }) => personToJson(readPerson(params.nhsNumber)))

    app.patch<OfPerson>('/:nhsNumber', async ({ params, body }) => {
      const state = readPerson(params.nhsNumber)
      changePerson(state, readBody(PersonChange, body), world)
      return personToJson(state)
    })

    app.post<OfPerson>('/:nhsNumber/supersede', async ({ params }) => {
      const state = readPerson(params.nhsNumber)
      world.supersede(state)
      return personToJson(state)
    })

    app.get<OfPerson>('/:nhsNumber/record', async ({ params }) => readPerson(params.nhsNumber).record.read())

    app.put<OfPerson>('/:nhsNumber/record', async ({ params, body }, reply) => {
      const { record } = readPerson(params.nhsNumber)
      const replacement = readBody(RecordInPlace, body)
      record.edit(() => replacement)
      return reply.code(204).send()
    })

    app.post<OfPerson>('/:nhsNumber/edits', async ({ params, body }, reply) => {
      const { record } = readPerson(params.nhsNumber)
      const edit = readBody(Edit, body)
      record.edit((held) => applyOrRefuse(held, edit, londonDay(now())))
      return reply.code(204).send()
    })

    app.delete<OfPerson>('/:nhsNumber/edits', async ({ params }, reply) => {
      readPerson(params.nhsNumber).record.reset()
      return reply.code(204).send()
    })
  }
}

function applyOrRefuse(record: Stu3Bundle, edit: Parameters<typeof applyEdit>[1], today: string): Stu3Bundle {
  try {
    return applyEdit(record, edit, today)
  } catch (error) {
    if (error instanceof RangeError) throw new OutcomeError('unmappable', error.message)
    throw error
  }
}

function personToJson({
  person,
  confidentiality,
  invalidated,
  dissents,
  inTransit,
  version
}: PersonState): object {
  const { name, ...rest } = person
  return {
    ...rest,
    name: [...name.given, name.family].join(' '),
    family: name.family,
    given: name.given,
    confidentiality,
    invalidated,
    dissents,
    inTransit,
    version
  }
}
