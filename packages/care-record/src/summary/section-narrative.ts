import { itemTags } from '@chesil/contracts'
import { isMarked } from '../absence/nil-statement.ts'
import type { SectionState } from '../absence/section-state.ts'
import type { ChosenPart, ChosenSection, PlacedGroup } from './choose-items.ts'
import { dateText } from './fhir-text.ts'
import { type FindResource, type ItemWords, itemWords } from './item-words.ts'
import type { RecordItem } from './record-item.ts'
import { div, paragraph, strongParagraph, table } from './xhtml.ts'

export interface NarrativeContext {
  readonly nameOf: (sourceId: string) => string
  readonly find: FindResource
}

const heads = ['What', 'Details', 'Status', 'Date', 'Said by']

/** A section as it can be read and printed: how it stands, then a table for each of its parts. */
export function sectionNarrative(
  { parts }: ChosenSection,
  { code, text }: SectionState,
  context: NarrativeContext
): string {
  const tables = parts.filter(({ shown }) => shown.length > 0).map((part) => partTable(part, context))
  const conflicts = parts
    .flatMap(({ shown }) => shown)
    .flatMap(({ group }) => group.conflicts.map((one) => strongParagraph('Sources differ:', one.text)))
  const standing =
    text === '' ? '' : code === 'content' ? paragraph(text) : strongParagraph('Please note:', text)
  const content = [standing, ...conflicts, ...tables].join('')
  return div(content === '' ? paragraph('Nothing is shown here.') : content)
}

function partTable({ definition, shown, total }: ChosenPart, context: NarrativeContext): string {
  const left = shown.length < total ? `: ${shown.length} of ${total} shown, latest first` : ''
  return table(
    `${definition.title}${left}`,
    heads,
    shown.flatMap((placed) => rowsOf(placed, context))
  )
}

function rowsOf(placed: PlacedGroup, context: NarrativeContext): string[][] {
  const { lead, words, differing } = placed
  const said = differing.map((item) => {
    const own = itemWords(item.resource, context.find)
    return row(item, { ...own, what: `Differs: ${own.what}` }, context.nameOf(item.sourceId))
  })
  return [row(lead, words, saidBy(placed, context)), ...said]
}

function saidBy({ group, lead }: PlacedGroup, { nameOf }: NarrativeContext): string {
  const own = nameOf(lead.sourceId)
  const agreeing = new Set(
    group.members.filter(({ differs }) => !differs).map(({ sourceId }) => nameOf(sourceId))
  )
  const differing = new Set(
    group.members.filter(({ differs }) => differs).map(({ sourceId }) => nameOf(sourceId))
  )
  agreeing.add(own)
  return [
    agreeing.size > 1 ? `${agreeing.size} sources agree: ${[...agreeing].join(', ')}` : own,
    ...(differing.size > 0 ? [`${agreeing.size + differing.size} sources differ, see below`] : [])
  ].join('\n')
}

const row = (
  { resource }: RecordItem,
  { what, details, status, date }: ItemWords,
  said: string
): string[] => {
  const marks = [itemTags.degraded, itemTags.formerPractice].filter(({ code }) => isMarked(resource, code))
  return [
    what,
    details.length > 0 ? details.join('\n') : 'Nothing further recorded',
    [status ?? 'Not recorded', ...marks.map(({ display }) => display)].join('\n'),
    date === undefined ? 'Not recorded' : dateText(date),
    said
  ]
}
