import type { Section } from '@chesil/contracts'
import type { Coding, Resource } from '@chesil/fhir'
import type { RecordItem } from './record-item.ts'

/** One table of a section. */
export interface PartDefinition {
  readonly title: string
  /** By what is asked in turn: the first part that takes an item has it. */
  readonly takes: (item: RecordItem, isOver: boolean) => boolean
  /** At most so many are shown, the latest; absent: all. How many there are is always said. */
  readonly limit?: number
  /** Of several with one code only the latest counts. */
  readonly isLatestByCode?: true
}

export interface SectionDefinition {
  readonly title: string
  readonly code: Coding
  /** Of sources' records, that which would stand here: who speaks for them speaks for this. */
  readonly of: readonly Section[]
  /** What it shows: a reader who may see none of these is told nothing of it. */
  readonly types: readonly Resource['resourceType'][]
  /** IPS demands the section, with an entry that says so where there is nothing. */
  readonly required?: 'allergies' | 'medications' | 'problems'
  /** Left out where nothing is shown: no source speaks for it. */
  readonly isOptional?: true
  readonly parts: readonly PartDefinition[]
}

/** How much of a section a reader may see. */
export function reachOf(
  { types }: SectionDefinition,
  mayRead: (resourceType: string) => boolean
): 'all' | 'some' | 'none' {
  if (types.every(mayRead)) return 'all'
  return types.some(mayRead) ? 'some' : 'none'
}
