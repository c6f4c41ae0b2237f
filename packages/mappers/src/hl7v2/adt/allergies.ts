import type { ContributionEntry, QuarantinedItem } from '@chesil/contracts'
import { type AllergyIntolerance, systems } from '@chesil/fhir'
import { concept, concepts, lookUp } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { newReading, type Reading } from '../elements/reading.ts'
import { allOf, isNull, type Segment, text } from '../message.ts'
import { type Group, personKey, personReference } from './group.ts'
import { findStatement, noneKnown, someKnown } from './none-known.ts'
import { deletionEntry, eventEntry, nameOf, newTelling, plain, type Telling, tell } from './telling.ts'

type Category = NonNullable<AllergyIntolerance['category']>[number]

/** HL7 table 0127; others say nothing of the kind of substance. */
const categories: ReadonlyMap<string, Category | undefined> = new Map([
  ['DA', 'medication'],
  ['FA', 'food'],
  ['EA', 'environment'],
  ['LA', 'environment'],
  ['PA', 'environment'],
  ['AA', 'environment'],
  ['MA', undefined],
  ['MC', undefined]
])

/** HL7 table 0128. */
const severities: ReadonlyMap<string, string> = new Map([
  ['SV', 'severe'],
  ['MO', 'moderate'],
  ['MI', 'mild']
])

/** Where AL1 has what, and IAM. */
const layouts = {
  AL1: { onset: 6, action: undefined },
  IAM: { onset: 11, action: 6 }
} as const
type Layout = keyof typeof layouts

const sections = ['allergies'] as const

/**
 * AL1 and IAM: what the person is allergic to, known by its code or its words. That a message names none says
 * nothing; one goes by the delete action of IAM alone. `NKDA` and its like are no substance.
 */
export function allergyEntries(group: Group): {
  entries: ContributionEntry[]
  quarantined: QuarantinedItem[]
} {
  const entries: ContributionEntry[] = []
  const statements: ContributionEntry[] = []
  const quarantined: QuarantinedItem[] = []
  for (const { segment, layout } of segmentsOf(group)) {
    const statement = findStatement(segment)
    const entry = statement ? undefined : allergyEntry(segment, layout, group)
    if (statement) statements.push(noneKnown(segment, statement, group))
    else if (entry) entries.push(entry)
    else quarantined.push(namesNothing(layout))
  }
  const isSomeKnown = entries.some(({ event }) => !event?.deletes)
  return {
    entries: [...entries, ...(isSomeKnown ? [someKnown(group)] : statements.slice(0, 1))],
    quarantined
  }
}

const segmentsOf = ({ segments }: Group): { segment: Segment; layout: Layout }[] =>
  (['AL1', 'IAM'] as const).flatMap((layout) =>
    allOf(segments, layout).map((segment) => ({ segment, layout }))
  )

const namesNothing = (layout: Layout): QuarantinedItem => ({
  reason: 'invalid',
  resourceType: 'AllergyIntolerance',
  sections,
  expression: `${layout}-3`
})

function allergyEntry(segment: Segment, layout: Layout, group: Group): ContributionEntry | undefined {
  const reading = newReading(group.message, group.context)
  const code = concept(segment, 3, 'Substance', reading)
  const substance = text(segment, 3) ?? text(segment, 3, 2, 0)
  if (code === undefined || substance === undefined) return undefined
  const told = {
    resourceType: 'AllergyIntolerance' as const,
    key: nameOf(personKey(group), 'allergy', plain(substance)),
    sections,
    base: {
      clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active' }] },
      code,
      patient: personReference(group)
    }
  }
  const { action, onset } = layouts[layout]
  if (action !== undefined && text(segment, action)?.toUpperCase() === 'D')
    return deletionEntry(told, group, reading)
  const telling = newTelling()
  const category = lookUp(segment, 2, categories, { label: 'Kind', reading })
  tell(telling, 'category', [segment, 2], category && [category])
  tell(telling, 'onsetDateTime', [segment, onset], dateTime(segment, onset, 'Identified', reading))
  tellReaction(telling, segment, reading)
  return eventEntry(told, telling, group, reading)
}

/** R4 has no reaction without a manifestation: a severity alone says how dangerous the next one may be. */
function tellReaction(telling: Telling, segment: Segment, reading: Reading): void {
  const manifestation = concepts(segment, 5, 'Reaction', reading)
  const isUnknown = text(segment, 4)?.toUpperCase() === 'U'
  const severity = isUnknown ? undefined : lookUp(segment, 4, severities, { label: 'Severity', reading })
  const reaction = manifestation && [{ manifestation, ...(severity !== undefined && { severity }) }]
  tell(telling, 'reaction', [segment, 5], reaction)
  if (isUnknown) telling.set['criticality'] = 'unable-to-assess'
  else if (severity === 'severe') telling.set['criticality'] = 'high'
  else if (severity !== undefined || isNull(segment, 4)) telling.clear.add('criticality')
  if (severity !== undefined && severity !== 'severe' && !manifestation)
    reading.unread.push(`Severity as sent: ${severity}`)
}
