import type { Section, SectionState, SectionStatement, SectionWarning } from '@chesil/contracts'
import { isJson, type Json, many, text, word } from '../json.ts'
import type { Item } from '../stu3/item.ts'
import { isEndedList, sectionOfList, sectionsOfList } from '../stu3/lists.ts'
import { isAnswered } from '../stu3/person.ts'
import { membersOf, setOf } from '../stu3/section-set.ts'
import { warningsOf } from '../stu3/warnings.ts'
import parameters from './tables/parameters.json' with { type: 'json' }

/** What a GP Connect request asks for, by the name of its parameter. */
export const parameterSections: ReadonlyMap<string, Section> = new Map(
  Object.entries(parameters) as [string, Section][]
)

/** One statement for each section that was asked for. */
export function toSectionStatements(
  items: readonly Item[],
  outcomes: readonly Json[],
  asked: readonly Section[]
): SectionStatement[] {
  const lists = items.filter((item) => item.kind?.role === 'list')
  const listsOf = Map.groupBy(lists, (item) => sectionOfList(item.source))
  const read = items.filter((item) => !item.withheld)
  const gapsOf = Map.groupBy(read.flatMap(gapsIn), (gap) => gap.section)
  const warningsOn = Map.groupBy(
    read.flatMap((item) => listWarnings(item, asked)),
    ({ section }) => section
  )
  const issues = outcomes.flatMap((outcome) => many(outcome['issue']))
  return [...new Set(asked)].map((section) =>
    toStatement(section, {
      lists: (listsOf.get(section) ?? []).filter((item) => !item.withheld).map((item) => item.source),
      hasWithheldList: (listsOf.get(section) ?? []).some(
        (item) => item.withheld !== undefined && !isEndedList(item.source)
      ),
      warnings: (warningsOn.get(section) ?? []).map(({ warning }) => warning),
      isSwitchedOff: issues.some((issue) => isUnsupported(issue) && sectionNamedBy(issue) === section),
      issues: issues.filter((issue) => concerns(issue, section)),
      gaps: (gapsOf.get(section) ?? []).map((gap) => gap.words)
    })
  )
}

/**
 * What a list warns about: its section; for a consultation, one of its parts or a secondary list, the section
 * that it belongs to; and everything where its purpose is not known. Only on the list of a section are words
 * without a warning meant for the section.
 */
function listWarnings(
  { kind, source }: Item,
  asked: readonly Section[]
): { section: Section; warning: SectionWarning }[] {
  if (kind?.role !== 'list') return []
  const isPrimary = sectionOfList(source) !== undefined
  const concerned = membersOf(sectionsOfList(source) || setOf(...asked))
  return warningsOf(source)
    .filter(({ code }) => isPrimary || code !== 'note')
    .flatMap((warning) => concerned.map((section) => ({ section, warning })))
}

interface Evidence {
  /** Those of the section that are shown to be this person's. */
  readonly lists: readonly Json[]
  /** The list of the section came and was kept out. */
  readonly hasWithheldList: boolean
  /** On its lists, and on those that belong to it. */
  readonly warnings: readonly SectionWarning[]
  readonly isSwitchedOff: boolean
  readonly issues: readonly Json[]
  /** The sentences with which some systems say that they cannot give a kind of item. */
  readonly gaps: readonly string[]
}

function toStatement(section: Section, evidence: Evidence): SectionStatement {
  const { hasWithheldList, issues, gaps } = evidence
  const state = toState(evidence)
  const warnings = distinct([
    ...evidence.warnings,
    ...issues.map(toWarning),
    ...gaps.map((words) => ({ code: 'not-supported', text: words }))
  ])
  const isInTransit = warnings.some(({ code }) => code === 'data-in-transit')
  const complete = isAnswered(state) && !hasWithheldList && !isInTransit && gaps.length === 0
  return { section, state, warnings, complete }
}

/**
 * The list of ended allergies does not answer for the active ones. A system that says it cannot give a kind
 * of item, and gives some of it nevertheless, has returned them, but does not speak for all; nor does one whose
 * list was kept out.
 */
function toState({ lists, hasWithheldList, isSwitchedOff, gaps }: Evidence): SectionState {
  if (isSwitchedOff) return 'unsupported'
  const main = lists.filter((list) => !isEndedList(list))
  const isFilled = lists.some((list) => many(list['entry']).length > 0)
  if (hasWithheldList || (isFilled && main.length > 0)) return 'returned'
  if (gaps.length > 0) return 'unsupported'
  return main.length > 0 ? 'empty' : 'not-returned'
}

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-0/accessrecord_structured_development_version_compatibility.html */
function isUnsupported(issue: Json): boolean {
  const details = isJson(issue['details']) ? issue['details'] : {}
  const codes = many(details['coding']).map((coding) => coding['code'])
  return issue['code'] === 'not-supported' || codes.includes('NOT_IMPLEMENTED')
}

/** The section that an issue is about as a whole; `includeAllergies.part` is about a part of one. */
const sectionNamedBy = (issue: Json): Section | undefined =>
  parameterSections.get(word(issue['diagnostics']) ?? '')

/** Whether it is a warning for the section. One that does not say what it is about warns about everything. */
function concerns(issue: Json, section: Section): boolean {
  const [parameter = ''] = (word(issue['diagnostics']) ?? '').split('.')
  const named = parameterSections.get(parameter)
  if (named === undefined) return true
  return named === section && !(isUnsupported(issue) && sectionNamedBy(issue) === section)
}

function toWarning(issue: Json): SectionWarning {
  const details = isJson(issue['details']) ? text(issue['details']['text']) : undefined
  return { code: word(issue['code']) ?? 'processing', text: details ?? text(issue['diagnostics']) ?? '' }
}

const gapPattern =
  /\b(referral|test request|pathology report|document|diary|allerg|medication|immunisation|problem|consultation)\w*(?: items?)? (?:are|is) not supported by/i

/** What those sentences speak of, by their first words. */
const gapSections: ReadonlyMap<string, Section> = new Map([
  ['referral', 'referrals'],
  ['test request', 'investigations'],
  ['pathology report', 'investigations'],
  ['document', 'documents'],
  ['diary', 'diary'],
  ['allerg', 'allergies'],
  ['medication', 'medications'],
  ['immunisation', 'immunisations'],
  ['problem', 'problems'],
  ['consultation', 'consultations']
])

/** Sentences where references belong: in the entries of lists, and among what belongs to a problem. */
function gapsIn({ type, source }: Item): { section: Section; words: string }[] {
  if (type !== 'List' && type !== 'Condition') return []
  const references =
    type === 'List'
      ? many(source['entry']).flatMap((entry) => many(entry['item']))
      : many(source['extension']).flatMap((extension) => many(extension['valueReference']))
  return references.flatMap((reference) => {
    for (const words of [text(reference['reference']), text(reference['display'])]) {
      const section = gapSections.get(gapPattern.exec(words ?? '')?.[1]?.toLowerCase() ?? '')
      if (section && words) return [{ section, words }]
    }
    return []
  })
}

function distinct(warnings: readonly SectionWarning[]): SectionWarning[] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.text}`, warning])).values()]
}
