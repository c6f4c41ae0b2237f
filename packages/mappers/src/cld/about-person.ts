import type { ContributionEntry } from '@chesil/contracts'
import { chesil, type Flag, type Observation, type RelatedPerson, systems } from '@chesil/fhir'
import type { CldEvent } from './care-state.ts'
import type { CldColumn } from './columns.ts'
import { concept } from './concept.ts'
import { councilReference } from './council.ts'
import { type Making, patientReference, toItem } from './item.ts'
import { latestFirst } from './latest-first.ts'

/** What each row says of the person: as the latest does. */
export function aboutThePerson(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const [latest] = latestFirst(events)
  if (!latest) return []
  return [...supportReasons(events, making), ...needs(latest, making), ...linkedPersons(events, making)]
}

/** Why the council supports the person: never a problem or a diagnosis, and an item of its own, with a label of its own. */
function supportReasons(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const [latest] = latestFirst(events).filter(({ row }) => row.values.Primary_Support_Reason !== undefined)
  const reason = latest && concept(latest.row, 'Primary_Support_Reason')
  if (!latest || !reason) return []
  return [
    toItem<Observation>(
      {
        resourceType: 'Observation',
        status: 'final',
        category: [{ coding: [{ system: systems.observationCategory, code: 'social-history' }] }],
        code: { text: 'Primary support reason' },
        subject: patientReference(making),
        effectiveDateTime: latest.asAt,
        performer: [councilReference(making)],
        valueCodeableConcept: reason
      },
      { called: ['primary-support-reason'], sections: ['services'] },
      making
    )
  ]
}

const needNames = [
  ['Autism_Spectrum_Disorder_ASD', 'Autism'],
  ['Visual_Impairment', 'Visual impairment'],
  ['Hearing_Impairment', 'Hearing impairment'],
  ['Dementia', 'Dementia'],
  ['Has_Unpaid_Carer', 'Has an unpaid carer']
] as const satisfies readonly (readonly [CldColumn, string])[]

function needs({ row, asAt }: CldEvent, making: Making): readonly ContributionEntry[] {
  return needNames.flatMap(([column, name]) => {
    const said = row.values[column]
    if (said === undefined || !/^(?:y|yes|true|1)\b/i.test(said)) return []
    return [
      toItem<Flag>(
        {
          resourceType: 'Flag',
          extension: [{ url: chesil.extension('as-at'), valueDate: asAt }],
          status: 'active',
          category: [{ text: 'Need recorded by adult social care' }],
          code: { text: name },
          subject: patientReference(making),
          author: councilReference(making)
        },
        { called: ['need', column.toLowerCase()], sections: ['alerts'] },
        making
      )
    ]
  })
}

const linkColumns = [
  'Adult_1_Linked_Person_ID',
  'Adult_2_Linked_Person_ID',
  'Adult_3_Linked_Person_ID'
] as const

/** Whom a carer looks after, by the council's number of them. */
function linkedPersons(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const system = making.context.source.patientNumberSystem
  const numbers = new Set(
    events.flatMap(({ row }) => linkColumns.flatMap((column) => row.values[column] ?? []))
  )
  return [...numbers].map((number) =>
    toItem<RelatedPerson>(
      {
        resourceType: 'RelatedPerson',
        identifier: [{ system, value: number }],
        active: true,
        patient: patientReference(making),
        relationship: [{ text: 'Person cared for' }]
      },
      { called: ['linked', number], sections: ['people'] },
      making
    )
  )
}
