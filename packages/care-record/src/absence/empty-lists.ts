import { chesil, type List, type OperationOutcome, type Resource } from '@chesil/fhir'
import { reachOf, type SectionDefinition } from '../summary/section-definition.ts'
import { summarySections } from '../summary/sections.ts'
import { type AbsenceCode, toEmptyReason } from './absence-codes.ts'
import { gapsOf, type SectionQuestion } from './gaps.ts'
import { findNilStatement } from './nil-statement.ts'
import { type SectionState, type ShownItem, sectionState } from './section-state.ts'
import { speakersOf } from './speakers.ts'

/** What a record shows, as far as an empty section depends on it. */
export interface ShownOfRecord {
  /** Types of resource. */
  readonly types: ReadonlySet<string>
  /** Sections of sources' records in which any of it stands, lists apart. */
  readonly standing: ReadonlySet<string>
  /** Lists that say why they are empty. */
  readonly lists: readonly { readonly list: Resource; readonly sourceId: string }[]
}

export interface EmptySections extends Pick<SectionQuestion, 'general' | 'speakers'> {
  readonly patientId: string
  readonly shown: ShownOfRecord
  /** By role and scopes. */
  readonly mayRead: (resourceType: string) => boolean
}

/**
 * The sections of which a whole record shows nothing at all, each as an empty List that says why. What says that there
 * is none as an item of its own is such an item: its section is not empty.
 *
 * @see https://hl7.org/fhir/R4/list.html (emptyReason)
 */
export const emptyLists = (asked: EmptySections): readonly List[] =>
  summarySections
    .filter((section) => section.isOptional === undefined && isEmpty(section, asked.shown))
    .map((section) => toList(section, asked))

/** An Observation stands in many sections: there only where it stands counts. */
const isEmpty = ({ of, types: own }: SectionDefinition, { types, standing }: ShownOfRecord): boolean =>
  !of.some((section) => standing.has(section)) &&
  !own.some((type) => type !== 'Observation' && types.has(type))

function toList(section: SectionDefinition, asked: EmptySections): List {
  const { title, code, of } = section
  const { general, speakers, mayRead, patientId } = asked
  const gaps = gapsOf({ of, mayRead: reachOf(section, mayRead), general, speakers })
  const answered = speakersOf(speakers, of).map(({ statement }) => statement)
  const state = sectionState(nilsOf(section, asked), gaps, answered)
  // Nothing is shown, so that it is never content.
  const reason = isAbsence(state.code) ? state.code : 'none-recorded'
  return {
    resourceType: 'List',
    id: String(code.code),
    status: 'current',
    mode: 'snapshot',
    title,
    code: { coding: [code] },
    subject: { reference: `Patient/${patientId}` },
    emptyReason: toEmptyReason(reason, state.text)
  }
}

const isAbsence = (code: SectionState['code']): code is AbsenceCode =>
  code !== 'content' && code !== 'conflict'

function nilsOf({ of }: SectionDefinition, { shown, speakers }: EmptySections): ShownItem[] {
  return shown.lists.flatMap(({ list, sourceId }) => {
    const nil = findNilStatement(list)
    const said = speakers.find(({ statement }) => statement.sourceId === sourceId)?.statement
    if (!nil || !said || !of.includes(nil.section)) return []
    const asAt = said.asAt === undefined ? {} : { asAt: said.asAt }
    return [
      { source: said.name, ...asAt, nil: nil.reach, isOver: false, isFormer: said.relation === 'former' }
    ]
  })
}

/** The outcome of a whole record, with the lists of what is empty contained in it. */
export const withEmptyLists = (outcome: OperationOutcome, lists: readonly List[]): OperationOutcome =>
  lists.length === 0
    ? outcome
    : {
        resourceType: 'OperationOutcome',
        contained: [...lists],
        extension: lists.map(({ id }) => ({
          url: chesil.extension('empty-section'),
          valueReference: { reference: `#${id}` }
        })),
        issue: outcome.issue
      }
