import type { Section, SectionState, SectionStatement, SectionWarning } from '@chesil/contracts'
import { isJson, type Json, many, text, word } from './elements/json.ts'
import type { Item } from './item.ts'
import { isEndedList, sectionOfList } from './lists.ts'
import parameters from './tables/parameters.json' with { type: 'json' }
import { warningsOf } from './warnings.ts'

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
  const lists = items
    .filter((item) => item.kind?.role === 'list' && !item.withheld)
    .map((item) => item.source)
  const listsOf = Map.groupBy(lists, sectionOfList)
  const gapsOf = Map.groupBy(
    items.flatMap((item) => (item.withheld ? [] : gapsIn(item))),
    (gap) => gap.section
  )
  const issues = outcomes.flatMap((outcome) => many(outcome['issue']))
  return [...new Set(asked)].map((section) =>
    toStatement(section, {
      lists: listsOf.get(section) ?? [],
      isSwitchedOff: issues.some((issue) => isUnsupported(issue) && sectionNamedBy(issue) === section),
      issues: issues.filter((issue) => concerns(issue, section)),
      gaps: (gapsOf.get(section) ?? []).map((gap) => gap.words)
    })
  )
}

interface Evidence {
  readonly lists: readonly Json[]
  readonly isSwitchedOff: boolean
  readonly issues: readonly Json[]
  /** The sentences with which some systems say that they cannot give a kind of item. */
  readonly gaps: readonly string[]
}

function toStatement(section: Section, { lists, isSwitchedOff, issues, gaps }: Evidence): SectionStatement {
  const state = isSwitchedOff ? 'unsupported' : toState(lists, gaps.length > 0)
  const warnings = distinct([
    ...lists.flatMap(warningsOf),
    ...issues.map(toWarning),
    ...gaps.map((words) => ({ code: 'not-supported', text: words }))
  ])
  const isInTransit = warnings.some(({ code }) => code === 'data-in-transit')
  const isWhole = (state === 'returned' || state === 'empty') && !isInTransit && gaps.length === 0
  return { section, state, warnings, complete: isWhole }
}

/**
 * The list of ended allergies does not answer for the active ones. A system that says it cannot give a kind
 * of item, and gives some of it nevertheless, has returned them, but does not speak for all.
 */
function toState(lists: readonly Json[], hasGap: boolean): SectionState {
  const main = lists.filter((list) => !isEndedList(list))
  const isFilled = lists.some((list) => many(list['entry']).length > 0)
  if (isFilled && main.length > 0) return 'returned'
  if (hasGap) return 'unsupported'
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
