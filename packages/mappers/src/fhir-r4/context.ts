import type { Section } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import type { Stu3Context } from '../stu3/context.ts'
import type { AskedPerson } from '../stu3/person.ts'
import sections from './sections.json' with { type: 'json' }

/** What the answer of a FHIR endpoint does not say of itself. */
export interface FhirR4Context extends Pick<Stu3Context, 'patientId' | 'resourceId'> {
  readonly person: AskedPerson
  /** The catalogue entry of the endpoint. */
  readonly source: {
    readonly id: string
    readonly odsCode: string
    readonly name: string
    /** FHIR base, without a trailing slash: references below it are its own. */
    readonly baseUrl: string
  }
  /** Whether a resource may be shown as it is; asked where it has a narrative that says more than its elements. */
  readonly isValid: (resource: Resource) => boolean
}

/** Types that an endpoint may be asked for, and where their items stand in a record. */
const sectionByType: ReadonlyMap<string, Section> = new Map(Object.entries(sections) as [string, Section][])

/** @param type One that a catalogue may name in `types`, or `Patient`. */
export const sectionOfType = (type: string): Section => sectionByType.get(type) ?? 'uncategorised'
