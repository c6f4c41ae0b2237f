import { join } from 'node:path'
import type { SentExtracts } from './council.ts'
import type { PlayedDay } from './hospital.ts'
import { writePrivateFile } from './keys.ts'
import type { DemoPartner } from './partner.ts'
import type { LoadedPerson } from './people.ts'
import { say } from './progress.ts'
import type { DemoTokens } from './sandbox.ts'

/** A demo that is ready to be used. */
export interface ReadyDemo {
  /** The FHIR base. */
  readonly recordApi: string
  /** Where staff look. */
  readonly console: string
  readonly sandbox: string
  readonly postgres: string
  readonly redis: string
  readonly tokens: DemoTokens
  readonly people: readonly LoadedPerson[]
  /** Absent where no trust is simulated. */
  readonly hospital?: PlayedDay
  /** Absent where no council is. */
  readonly council?: SentExtracts
  /** Absent where no trust is. */
  readonly partner?: DemoPartner
}

/** What scripts read, in `.demo/demo.json`. */
export function toDemoFile({ people, ...demo }: ReadyDemo): object {
  const together = findTogether({ people, ...demo })
  const ordinary = people.filter(({ kind, id }) => kind === 'ordinary' && id !== undefined)
  const particular = people.filter(({ kind }) => kind !== 'ordinary')
  const entry = ({ id, nhsNumber, name }: LoadedPerson) => ({ id, nhsNumber, name })
  return {
    ...demo,
    ...(together && { together: entry(together) }),
    people: ordinary.map(entry),
    testPeople: Object.fromEntries(particular.map((person) => [person.kind, entry(person)]))
  }
}

/** Whole or not at all: a script that waits for the file reads it as soon as it is there. */
export function writeDemoFile(file: string, demo: ReadyDemo): void {
  writePrivateFile(file, `${JSON.stringify(toDemoFile(demo), undefined, 2)}\n`)
}

function curlLines({ recordApi, people }: ReadyDemo, headerFile: string): readonly string[] {
  const person = people.find(({ kind, id }) => kind === 'ordinary' && id !== undefined)
  if (!person) return []
  const get = (path: string) => `curl -sS -H @'${headerFile.replaceAll("'", "'\\''")}' '${recordApi}/${path}'`
  return [
    get(`Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${person.nhsNumber}`),
    get(`Patient/${person.id}/$everything?_count=50`),
    get(`Patient/${person.id}/$completeness`)
  ]
}

/** What to try with a trust. @returns nothing where there is none. */
function hospitalLines({ hospital, sandbox, people }: ReadyDemo): readonly string[] {
  if (!hospital) return []
  const { trust, mllp, messages, notAccepted, nhsNumber, hasDischargeSummary } = hospital
  const id = people.find((person) => person.nhsNumber === nhsNumber)?.id
  const others = notAccepted === 0 ? '' : `, ${notAccepted} more were not`
  const also = hasDischargeSummary ? ', with a discharge summary' : ''
  const body = JSON.stringify({ address: mllp, seed: 'another', ratePerSecond: 50 })
  return [
    `  ${trust.name} has sent a day of HL7 v2: ${messages} messages were accepted${others}.`,
    `    Patient ${nhsNumber} was there${also}: ${id}`,
    `    MLLP on ${mllp}, for senders of ${trust.odsCode}. To play another day:`,
    `    curl -sS -H 'content-type: application/json' -d '${body}' '${sandbox}/control/trusts/${trust.odsCode}/play'`
  ]
}

/** Somebody whom their practice, the hospital and the council know. */
export function findTogether({
  hospital,
  council,
  people
}: Pick<ReadyDemo, 'hospital' | 'council' | 'people'>): LoadedPerson | undefined {
  const wasThere = new Set(hospital?.nhsNumbers)
  const isCaredFor = new Set(council?.nhsNumbers)
  return people.find(
    ({ id, nhsNumber }) => id !== undefined && wasThere.has(nhsNumber) && isCaredFor.has(nhsNumber)
  )
}

/** What to try with a council. @returns nothing where there is none. */
function councilLines(demo: ReadyDemo): readonly string[] {
  if (!demo.council) return []
  const { council, url, rows, asAt } = demo.council
  const together = findTogether(demo)
  return [
    `  ${council.name} has sent two months of Client Level Data: ${rows} rows, as at ${asAt}.`,
    ...(together
      ? [`    Practice, hospital and council together: ${together.nhsNumber}, patient ${together.id}`]
      : []),
    `    Files are taken at ${url}/cld`
  ]
}

/** What to try as a partner system. @returns nothing where there is none. */
function partnerLines({ partner }: ReadyDemo): readonly string[] {
  if (!partner) return []
  const { id, url, keyFile } = partner
  return [
    `  Partner gateway ${url}, where ${id} sends. To send a FHIR resource as that partner:`,
    `    WEBHOOK_KEY=$(cat '${keyFile.replaceAll("'", "'\\''")}') npm run chesil -- partner send FILE --gateway ${url} --partner ${id}`
  ]
}

/** By their first source, or by having none. */
function describeStates(people: readonly LoadedPerson[]): string {
  const counts = new Map<string, number>()
  for (const { states } of people) {
    const state = states[0] ?? 'no source'
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
}

/** Prints where things are and what to try. */
export function announce(demo: ReadyDemo, folder: string, headerFile: string): void {
  writePrivateFile(headerFile, `Authorization: Bearer ${demo.tokens.clinician}\n`)
  const shown = demo.people.filter(({ id }) => id !== undefined)
  const particular = demo.people.filter(({ kind }) => kind !== 'ordinary')
  say(`
Chesil is running. All people and records are made up or published test data.

  Record API   ${demo.recordApi}
  Console      ${demo.console}   (for staff; sign in as Ellis Ward)
  Sandbox      ${demo.sandbox}   (practices, trusts, councils, PDS and tokens; steer it under /control)
  For scripts  ${join(folder, 'demo.json')}
  Logs         ${join(folder, 'logs')}

  ${shown.length} of ${demo.people.length} people are shown: ${describeStates(shown)}`)
  for (const { nhsNumber, failure } of demo.people)
    if (failure) say(`  ${nhsNumber} could not be loaded: ${failure}`)
  for (const line of [...hospitalLines(demo), ...councilLines(demo), ...partnerLines(demo)]) say(line)
  if (particular.length > 0)
    say('  People to try rules on, by NHS number (docs/glossary.md says what they are):')
  for (const { kind, nhsNumber, id } of particular) {
    say(
      `    ${kind.padEnd(17)} ${nhsNumber}   ${id === undefined ? 'not shown, like somebody who does not exist' : id}`
    )
  }
  say(`\nA clinician's token, for 12 hours:\n${demo.tokens.clinician}\n\nTry:`)
  for (const line of curlLines(demo, headerFile)) say(line)
  say('\nCtrl-C stops everything; the data is kept for the next start.')
}
