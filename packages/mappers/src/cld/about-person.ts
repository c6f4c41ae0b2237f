import type { ContributionEntry } from '@chesil/contracts'
import { chesil, type Flag, type RelatedPerson } from '@chesil/fhir'
import type { CldEvent } from './care-state.ts'
import type { CldColumn } from './columns.ts'
import { concept } from './concept.ts'
import { councilReference } from './council.ts'
import { type Called, type Making, patientReference, toItem } from './item.ts'
import { type DatedRow, latestFirst } from './latest-first.ts'

/** What rows say of the person, whatever event they are of. */
export function aboutThePerson(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const rows = latestFirst(events)
  // Of somebody who has care and gives care, what the carer's rows say is about the carer's part alone.
  const [carers, users] = [rows.filter(isOfCarer), rows.filter((one) => !isOfCarer(one))]
  const inOrder = [...users, ...carers]
  return [...supportReason(inOrder, making), ...needs(inOrder, making), ...linkedPersons(events, making)]
}

const isOfCarer = ({ row }: DatedRow): boolean => /carer/i.test(row.values.Client_Type ?? '')

/** Says neither yes nor no. */
const unknown =
  /^(?:unknown|not known|not recorded|not stated|undeclared\b.*|no data\b.*|prefer not to say|-)$/i

/** The latest row that says something in the column, each by itself: rows of one day need not all be filled. */
const findFilled = (rows: readonly DatedRow[], column: CldColumn): DatedRow | undefined =>
  rows.find(({ row }) => !unknown.test(row.values[column] ?? 'unknown'))

/**
 * Why the council supports the person, an item of its own with a label of its own. It is no problem and no diagnosis; and
 * no Observation, for social-care staff may not read those: they are a GP's and a hospital's results.
 */
function supportReason(rows: readonly DatedRow[], making: Making): readonly ContributionEntry[] {
  const found = findFilled(rows, 'Primary_Support_Reason')
  const reason = found && concept(found.row, 'Primary_Support_Reason')
  if (!found || !reason) return []
  const facts = { called: ['primary-support-reason'] as const, sections: ['services'] as const }
  return [
    toFlag(
      { name: 'Primary support reason', code: reason, found, column: 'Primary_Support_Reason' },
      facts,
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

const no =
  /^(?:no?|none|nil|0|false|not applicable|no (?:(?:visual|hearing|sight|sensory) )?(?:impairment|loss))$/i
const yes = /^(?:y|yes|true|1)$/i

/** Whatever is not no is a need, in the words in which it is told: `Deaf with speech`. */
function needs(rows: readonly DatedRow[], making: Making): readonly ContributionEntry[] {
  return needNames.flatMap(([column, name]) => {
    const found = findFilled(rows, column)
    const said = found?.row.values[column]
    if (!found || said === undefined || no.test(said)) return []
    const code = { text: yes.test(said) ? name : `${name}: ${said}` }
    const facts = { called: ['need', column.toLowerCase()] as const, sections: ['alerts'] as const }
    return [toFlag({ name: 'Need recorded by adult social care', code, found, column }, facts, making)]
  })
}

interface Told {
  readonly name: string
  readonly code: Flag['code']
  readonly found: DatedRow
  readonly column: CldColumn
}

function toFlag(
  { name, code, found, column }: Told,
  facts: { readonly called: Called; readonly sections: ContributionEntry['sections'] },
  making: Making
): ContributionEntry {
  return toItem<Flag>(
    {
      resourceType: 'Flag',
      extension: [{ url: chesil.extension('as-at'), valueDate: found.asAt }],
      status: 'active',
      category: [{ text: name }],
      code,
      subject: patientReference(making),
      author: councilReference(making)
    },
    { ...facts, isDoubted: found.row.doubts.some((doubt) => doubt.column === column) },
    making
  )
}

const linkColumns = [
  'Adult_1_Linked_Person_ID',
  'Adult_2_Linked_Person_ID',
  'Adult_3_Linked_Person_ID'
] as const

/** Whom a carer looks after, by the council's number of them. */
function linkedPersons(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const system = making.context.source.patientNumberSystem
  const rows = events.flatMap((event) => event.rows)
  const numbers = new Set(rows.flatMap(({ values }) => linkColumns.flatMap((column) => values[column] ?? [])))
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
