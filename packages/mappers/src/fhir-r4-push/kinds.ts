import type { Section } from '@chesil/contracts'
import table from './kinds.json' with { type: 'json' }

/** What a type of resource is in a record. */
export interface Kind {
  readonly section: Section
  /** Elements that say whom it is about, by dots; the first is the one it must have. */
  readonly subject: readonly [string, ...string[]]
}

const kinds = new Map(Object.entries(table)) as unknown as ReadonlyMap<string, Kind>

/** @returns `undefined` for a type that is nobody's, or that is not taken. */
export const kindOf = (type: string): Kind | undefined => kinds.get(type)

/** Who and what stands around a person: it is told with what refers to it, and becomes no item itself. */
const besides: ReadonlySet<string> = new Set([
  'Device',
  'Endpoint',
  'HealthcareService',
  'Location',
  'Medication',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Substance'
])

export const isBeside = (type: string): boolean => besides.has(type)

export const itemTypes: readonly string[] = [...kinds.keys(), 'Patient']

export const isItem = (type: string): boolean => kinds.has(type)
