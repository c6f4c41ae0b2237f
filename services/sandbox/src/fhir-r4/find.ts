import { type Resource, systems } from '@chesil/fhir'
import type { TrustState } from '../trust/trust-world.ts'
import type { PersonState, World } from '../world/world.ts'
import { type Query, valuesOf } from './search.ts'

/** Whoever else is known to the trust, for an endpoint that confuses people. */
const somebodyElse = (than: PersonState, world: World): PersonState | undefined =>
  world.people.find((other) => other !== than)

/** The Patient with that NHS number, or whom the trust takes for them just now. */
export function findPatients(
  { behaviour, resources }: TrustState,
  query: Query,
  world: World
): readonly Resource[] {
  const [system, number = ''] = (valuesOf(query, 'identifier')[0] ?? '').split('|')
  const person = system === systems.nhsNumber ? world.findPerson(number) : undefined
  if (!person || behaviour.kind === 'not-found') return []
  const other = somebodyElse(person, world)
  const found = behaviour.kind === 'other-patient' ? [other] : [person]
  if (behaviour.kind === 'two-patients') found.push(other)
  return found.flatMap((state) =>
    state ? resources.of(state).filter(({ resourceType }) => resourceType === 'Patient') : []
  )
}

/** @param type Of the resources of the `patient` that the query names. */
export function findItems(
  { behaviour, resources }: TrustState,
  { type, query }: { readonly type: string; readonly query: Query },
  world: World
): readonly Resource[] {
  const id = (valuesOf(query, 'patient')[0] ?? '').replace(/^Patient\//, '')
  const owner = resources.findByPatientId(id)
  const state = owner && behaviour.kind === 'other-items' ? somebodyElse(owner, world) : owner
  return state ? resources.of(state).filter(({ resourceType }) => resourceType === type) : []
}
