import type { Section } from '@chesil/contracts'
import { ageText, clockText, dayText } from './clock-text.ts'
import { type CompletenessCode, completenessCodes } from './codes.ts'
import { isPlainlyEmpty, type SectionFacts, type SourceStatement } from './source-statement.ts'

/**
 * What a source's statement says to a reader, in a few plain sentences.
 *
 * @param now Absent where the text is kept: it then names times and no ages.
 */
export function statementText(statement: SourceStatement, now?: number): string {
  // What a former practice said of its sections is over together with them.
  const facts = statement.codes[0] === 'superseded-former' ? [] : factTexts(statement)
  return [...standingText(statement, now), ...facts].join(' ')
}

const sectionNames: Record<Section, string> = {
  allergies: 'allergies',
  medications: 'medicines',
  problems: 'problems',
  consultations: 'consultations',
  immunisations: 'immunisations',
  uncategorised: 'uncategorised data',
  investigations: 'investigations',
  referrals: 'referrals',
  diary: 'diary entries',
  documents: 'documents',
  demographics: 'demographics',
  admissions: 'hospital stays and visits',
  appointments: 'appointments',
  procedures: 'procedures',
  services: 'care services and equipment',
  assessments: 'assessments and reviews',
  people: 'carers and key workers',
  alerts: 'alerts and needs',
  'about-me': 'what the person says of themselves'
}

function standingText({ name, codes, asAt, attemptAt }: SourceStatement, now: number | undefined): string[] {
  const [lead] = codes
  const { display } = completenessCodes[lead]
  const attempt = attemptAt === undefined ? '' : ` (${clockText(attemptAt)})`
  const texts = [`${name}: ${lowerFirst(display)}${attempt}.`]
  const isHeld = lead === 'live' || codes.includes('stored')
  if (isHeld && asAt !== undefined) {
    const what = lead === 'sends' ? 'Its last message is of' : 'What is shown is as at'
    // Of a period only its last day is known.
    const when = lead === 'periodic' ? dayText(asAt) : clockText(asAt)
    const age = now === undefined ? '' : `, ${ageText(now - asAt)} ago`
    texts.push(`${what} ${when}${age}.`)
  } else if (lead !== 'superseded-former' && lead !== 'as-held') texts.push('Nothing from it is shown.')
  return texts
}

function factTexts({ codes, sections, telephone }: SourceStatement): string[] {
  const said = new Set<CompletenessCode>(codes)
  const named = (state: SectionFacts['state']) => list(sections.filter((one) => one.state === state))
  const texts: string[] = []
  const empty = sections.filter(isPlainlyEmpty)
  const silent = sections.filter((one) => one.state === 'empty' && !isPlainlyEmpty(one))
  if (said.has('empty')) texts.push('It says that it has nothing recorded.')
  else if (empty.length > 0) texts.push(`Nothing recorded: ${list(empty)}.`)
  if (silent.length > 0) texts.push(`Nothing returned, which does not mean none: ${list(silent)}.`)
  if (said.has('section-unsupported')) texts.push(`Not available from it: ${named('unsupported')}.`)
  if (said.has('section-not-returned')) texts.push(`It said nothing about: ${named('not-returned')}.`)
  if (said.has('section-failed')) texts.push(`Could not be fetched: ${named('failed')}.`)
  texts.push(...oldSectionTexts(sections), ...warningTexts(sections))
  if (said.has('quarantined')) texts.push(quarantineText(sections, telephone))
  if (said.has('unprocessed-messages')) texts.push(unprocessedText(sections))
  if (said.has('wrong-patient')) texts.push(wrongPatientText(sections))
  if (said.has('degraded-items')) texts.push(`${completenessCodes['degraded-items'].display}.`)
  return texts
}

/** Of what an answer did not cover, what an earlier one said is still shown: it is told how old that is. */
const oldSectionTexts = (sections: readonly SectionFacts[]): string[] =>
  sections.flatMap((one) =>
    one.coveredAt === undefined
      ? []
      : `What is shown of its ${list([one])} may be as old as ${clockText(one.coveredAt)}.`
  )

/** The same warning usually stands on many sections: it is said once, with the sections it concerns. */
function warningTexts(sections: readonly SectionFacts[]): string[] {
  const concerned = new Map<string, Set<SectionFacts>>()
  for (const section of sections) {
    for (const { code, text } of section.warnings) {
      const words = text.trim() || code
      concerned.set(words, (concerned.get(words) ?? new Set()).add(section))
    }
  }
  return [...concerned].map(([words, where]) => `${words.replace(/\.?$/, '')} (${list([...where])}).`)
}

function quarantineText(sections: readonly SectionFacts[], telephone: string | undefined): string {
  const counts = sections
    .filter(({ quarantined }) => quarantined > 0)
    .map(({ section, quarantined }) => `${quarantined} in ${sectionNames[section]}`)
  const ring = telephone === undefined ? 'Ask the source about them.' : `Ring ${telephone} about them.`
  return `Kept out of this record, because they may be about somebody else or could not be read: ${counts.join(', ')}. ${ring}`
}

function unprocessedText(sections: readonly SectionFacts[]): string {
  const count = sections.reduce((sum, { unprocessed = 0 }) => sum + unprocessed, 0)
  const messages = count === 1 ? '1 message' : `${count} messages`
  return `It sent ${messages} of a kind that is not read here: look in its own system for what happened.`
}

function wrongPatientText(sections: readonly SectionFacts[]): string {
  const concerned = sections.filter(({ wrongPatient = 0 }) => wrongPatient > 0)
  return `It says that something it reported (${list(concerned)}) was of another person; that is no longer shown. Do not rely on what was seen of it before.`
}

const list = (sections: readonly SectionFacts[]): string =>
  sections.map(({ section }) => sectionNames[section]).join(', ')

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
