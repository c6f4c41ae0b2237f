import type { Section, SectionStatement, SectionWarning } from '@chesil/contracts'
import { isJson, type Json, text, word } from '../json.ts'
import { sectionOfType } from './context.ts'
import type { TypeReading } from './read-answer.ts'

const shortList: SectionWarning = {
  code: 'fewer-than-total',
  text: 'Its list holds fewer items than it says there are'
}

/**
 * What the answer says of the sections that it speaks for: those of which every type was listed in full. A section
 * that failed is the pull's to tell, and one that was asked for its changes alone stands as it was, unless
 * something of it is kept out.
 *
 * @param quarantined Sections in which items are kept out.
 */
export function toSectionStatements(
  readings: readonly TypeReading[],
  quarantined: ReadonlySet<Section>
): SectionStatement[] {
  const bySection = Map.groupBy(readings, ({ type }) => sectionOfType(type))
  return [...bySection].flatMap(([section, types]) => {
    const isWhole = types.every(({ listed }) => listed !== undefined)
    if (isWhole) return [toStatement(section, types, quarantined)]
    return quarantined.has(section) ? [toPartStatement(section, types)] : []
  })
}

/** What is kept out of a section is told with a statement about it, else nobody heard of it. */
const toPartStatement = (section: Section, types: readonly TypeReading[]): SectionStatement => ({
  section,
  state: types.some(({ kind }) => kind === 'failed') ? 'not-returned' : 'returned',
  warnings: [],
  complete: false
})

/** The same for items that turn out to be no valid resources once they are mapped. */
export function withPartStatements(
  statements: readonly SectionStatement[],
  readings: readonly TypeReading[],
  quarantined: ReadonlySet<Section>
): SectionStatement[] {
  const stated = new Set(statements.map(({ section }) => section))
  const unstated = [...quarantined].filter((section) => !stated.has(section))
  return [
    ...statements,
    ...unstated.map((section) =>
      toPartStatement(
        section,
        readings.filter(({ type }) => sectionOfType(type) === section)
      )
    )
  ]
}

function toStatement(
  section: Section,
  types: readonly TypeReading[],
  quarantined: ReadonlySet<Section>
): SectionStatement {
  const issues = types.flatMap((type) => type.issues)
  const isShort = types.some((type) => type.isShort)
  const warnings = distinct([...issues.flatMap(toWarnings), ...(isShort ? [shortList] : [])])
  // What was refused at the door is not told; nor is it said that there is nothing.
  const isEmpty = types.every(({ listed, refused }) => listed?.size === 0 && refused === 0)
  return {
    section,
    state: isEmpty && !quarantined.has(section) ? 'empty' : 'returned',
    warnings,
    complete: !isShort && !issues.some(isError)
  }
}

const isError = ({ severity }: Json): boolean => severity === 'error' || severity === 'fatal'

/** @see https://hl7.org/fhir/R4/valueset-issue-type.html */
function toWarnings(issue: Json): SectionWarning[] {
  const isSuppressed = word(issue['code']) === 'suppressed'
  if (issue['severity'] === 'information' && !isSuppressed) return []
  const details = issue['details']
  const words = isJson(details) ? (text(details['text']) ?? '') : ''
  return [{ code: isSuppressed ? 'confidential-items' : 'note', text: words || fallback(isSuppressed) }]
}

const fallback = (isSuppressed: boolean): string =>
  isSuppressed ? 'It keeps items back' : 'It gave a warning without words'

const distinct = (warnings: readonly SectionWarning[]): SectionWarning[] => [
  ...new Map(warnings.map((warning) => [`${warning.code} ${warning.text}`, warning])).values()
]
