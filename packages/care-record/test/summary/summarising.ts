import type { Bundle, Composition, CompositionSection, Patient, Resource } from '@chesil/fhir'
import { systems } from '@chesil/fhir'
import {
  type RecordItem,
  type SectionFacts,
  type SummaryDocument,
  type SummaryInput,
  sectionsSpokenFor,
  summarise,
  ungrouped
} from '../../src/index.ts'
import { now, section, source, statement } from '../builders.ts'

export const baseUrl = 'https://chesil.test/fhir/R4'
export const personId = '5f0c1a52-6d0e-4a6b-9d0b-3c8f4b7a1e10'
export const subject = { reference: `Patient/${personId}` } as const

export const patient: Patient = {
  resourceType: 'Patient',
  id: personId,
  identifier: [{ system: systems.nhsNumber, value: '9449305552' }],
  name: [{ use: 'usual', family: 'Penhaligon', given: ['Mary', 'Jane'], prefix: ['Mrs'] }],
  gender: 'female',
  birthDate: '1951-03-07'
}

let ids = 0
const newId = (): string => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`

export const item = (
  resource: Resource,
  sections: readonly string[] = [],
  sourceId = 'gp-hill'
): RecordItem => ({
  key: `${resource.resourceType}/${resource.id}`,
  resource,
  sourceId,
  sections
})

/** The sections of a practice's record, each answered in full with nothing in it. */
export const allEmpty: readonly SectionFacts[] = [...sectionsSpokenFor(source())].map((name) =>
  section({ section: name, state: 'empty' })
)

/** Hill Surgery has answered in full, and the reader may see everything. */
export function inputOf(
  items: readonly RecordItem[],
  { others = [], ...changes }: Partial<SummaryInput> & { readonly others?: readonly Resource[] } = {}
): SummaryInput {
  const hill = statement({ sections: allEmpty })
  const all = new Map<string, Resource>(
    [...items.map(({ resource }) => resource), ...others, patient].map((one) => [
      `${one.resourceType}/${one.id}`,
      one
    ])
  )
  return {
    patient,
    items,
    groups: ungrouped(items.map(({ key, sourceId }) => ({ key, sourceId, confirmedAt: now }))),
    conflicts: [],
    completeness: { sources: [hill], general: [] },
    speakers: [{ statement: hill, sections: sectionsSpokenFor(source()) }],
    mayRead: () => true,
    find: (key) => all.get(key),
    labelled: new Set(),
    baseUrl,
    now,
    asAt: now,
    newId,
    ...changes
  }
}

export const toBundle = ({ id, timestamp, entries }: SummaryDocument): Bundle => ({
  resourceType: 'Bundle',
  id,
  identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
  type: 'document',
  timestamp: new Date(timestamp).toISOString(),
  entry: entries.map(({ fullUrl, resource }) => ({ fullUrl, resource }))
})

export const summaryOf = (items: readonly RecordItem[], changes?: Parameters<typeof inputOf>[1]): Bundle =>
  toBundle(summarise(inputOf(items, changes)))

export function compositionOf({ entry = [] }: Bundle): Composition {
  const [first] = entry
  if (first?.resource?.resourceType !== 'Composition') throw new Error('There is no Composition')
  return first.resource
}

export function sectionOf(bundle: Bundle, code: string): CompositionSection {
  const found = compositionOf(bundle).section?.find((one) => one.code?.coding?.[0]?.code === code)
  if (!found) throw new Error(`There is no section ${code}`)
  return found
}

export const textOf = (bundle: Bundle, code: string): string => sectionOf(bundle, code).text?.div ?? ''

/** What a section shows, by key. */
export const keysOf = (bundle: Bundle, code: string): string[] =>
  (sectionOf(bundle, code).entry ?? []).flatMap(({ reference }) => reference ?? [])

export const stateOf = (bundle: Bundle, code: string): string | undefined =>
  sectionOf(bundle, code).extension?.[0]?.valueCodeableConcept?.coding?.[0]?.code
