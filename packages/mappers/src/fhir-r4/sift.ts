import type { QuarantinedItem } from '@chesil/contracts'
import { type FhirR4Context, sectionOfType } from './context.ts'
import type { Candidate, TypeReading } from './read-answer.ts'
import type { Scope } from './references.ts'
import { findWithheld, type Person } from './subject.ts'

/** The person, as the endpoint’s Patient names them. */
export function toPerson({ id = '', fullUrl }: Candidate, { source, person }: FhirR4Context): Person {
  const suffix = `/Patient/${id}`
  const own =
    fullUrl?.startsWith('http') && fullUrl.endsWith(suffix) ? [fullUrl.slice(0, -suffix.length)] : []
  return { id, fullUrl, nhsNumbers: new Set<string>(person.nhsNumbers), bases: [source.baseUrl, ...own] }
}

/** What came of one type, judged. */
export interface Sifted extends TypeReading {
  readonly kept: readonly Candidate[]
  readonly quarantined: readonly QuarantinedItem[]
}

export function sift(reading: TypeReading, person: Person): Sifted {
  const judged = reading.candidates.map((candidate) => ({ candidate, why: whyNot(candidate, person) }))
  return {
    ...reading,
    kept: judged.filter(({ why }) => why === undefined).map(({ candidate }) => candidate),
    quarantined: judged.flatMap(({ candidate, why }) => (why ? [toQuarantined(candidate, why)] : []))
  }
}

type Why = Pick<QuarantinedItem, 'reason'> & { readonly expression: string }

/** Rules that an item was made under, and that are not ours to know, forbid to read it. */
function whyNot(candidate: Candidate, person: Person): Why | undefined {
  const { type, id, source } = candidate
  const withheld = findWithheld(candidate, person)
  if (withheld) return withheld
  if (id === undefined) return { reason: 'invalid', expression: `${type}.id` }
  return source['implicitRules'] === undefined
    ? undefined
    : { reason: 'invalid', expression: `${type}.implicitRules` }
}

export const toQuarantined = ({ type, id }: Candidate, why: Why): QuarantinedItem => ({
  ...why,
  resourceType: type,
  ...(id !== undefined && { sourceResourceId: nameOf(type, id) }),
  sections: [sectionOfType(type)]
})

/** An item's name at its source. */
export const nameOf = (type: string, id: string): string => `${type}/${id}`

export function toScope(sifted: readonly Sifted[], person: Person, context: FhirR4Context): Scope {
  const byType = new Map(sifted.map((one) => [one.type, one]))
  const withheld = new Set(
    sifted.flatMap(({ quarantined }) => quarantined.flatMap((one) => one.sourceResourceId ?? []))
  )
  const all = sifted.flatMap(({ kept }) => kept)
  return {
    person,
    patientId: context.patientId,
    named: new Map(
      all.flatMap(({ type, id, fullUrl }) =>
        fullUrl && id !== undefined ? [[fullUrl, { type, id }] as const] : []
      )
    ),
    findItem: ({ type, id }) => {
      const reading = byType.get(type)
      if (!reading || withheld.has(nameOf(type, id))) return undefined
      // Where only changes were asked for, what did not change is in the record.
      const isThere = reading.listed === undefined || reading.listed.has(id)
      return isThere ? context.resourceId(type, nameOf(type, id)) : undefined
    }
  }
}
