import type { Person } from '../../people.ts'
import type { CareEvent } from '../care-event.ts'
import type { CaseFile } from '../case-file.ts'
import type { CouncilColumn, SomeCells } from '../columns.ts'
import providers from '../providers.json' with { type: 'json' }

/** What a council knows of one person, and what its submissions do with it. */
export interface Story {
  /** Columns about the person, in all of their rows. */
  readonly about?: (person: Person) => SomeCells
  /** Those of them that a receiver doubts. */
  readonly doubts?: readonly CouncilColumn[]
  /** Whoever has this story has no everyday ones. */
  readonly isAlone?: true
  readonly tell: (file: CaseFile) => readonly CareEvent[]
}

/** `Service_Type` and `Service_Component` in the words of release 2. */
export const kinds = {
  homeSupport: ['Long term support: Community', 'Home support or domiciliary care'],
  visits: ['Short term support: Ongoing low level', 'Home support or domiciliary care'],
  dayCare: ['Long term support: Community', 'Day support'],
  supportedLiving: ['Long term support: Community', 'Community supported living'],
  extraCare: ['Long term support: Community', 'Extra care housing'],
  meals: ['Short term support: Ongoing low level', 'Meals'],
  equipment: ['Short term support: Ongoing low level', 'Equipment'],
  reablement: ['Short term support: ST-Max', 'Reablement'],
  shortStay: ['Short term support: Other short term', 'Short term residential care'],
  residential: ['Long term support: Residential care', 'Long term residential care'],
  nursing: ['Long term support: Nursing care', 'Long term nursing care'],
  prison: ['Long term support: Prison', 'Other long term support'],
  respite: ['Unpaid carer support: Direct to unpaid carer', 'Unpaid carer respite']
} as const satisfies Readonly<Record<string, readonly [string, string]>>

/** Nobody's; some names need quotes, and one has characters that ASCII lacks. */
export function providedBy(place: number): SomeCells {
  const provider = providers[place % providers.length]
  return provider ? { Provider_CQC_Location_Name: provider.name, Provider_CQC_Location_ID: provider.id } : {}
}
