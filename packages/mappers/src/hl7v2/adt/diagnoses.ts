import type { ContributionEntry, QuarantinedItem } from '@chesil/contracts'
import { type CodeableConcept, systems } from '@chesil/fhir'
import { lookUp, toConcept } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { practitioner } from '../elements/people.ts'
import { newReading, type Reading } from '../elements/reading.ts'
import { allOf, field, plainText, type Segment, text } from '../message.ts'
import { type Group, personKey, personReference } from './group.ts'
import {
  deletionEntry,
  eventEntry,
  nameOf,
  newTelling,
  plain,
  type Telling,
  type Told,
  tell
} from './telling.ts'

/** What the segments of one kind come to. */
export interface Found {
  readonly entries: ContributionEntry[]
  readonly quarantined: QuarantinedItem[]
  /** What they say of the stay, by path of its Encounter. */
  readonly ofVisit: Readonly<Record<string, unknown>>
}

/**
 * The code of DG1-3 and PR1-3, in the coding system that the field names or, in older messages, the one before it;
 * or the description after it.
 */
export function codeOf(segment: Segment, label: string, reading: Reading): CodeableConcept | undefined {
  const value = field(segment, 3)[0]
  const method = text(segment, 2)
  const isBare = value !== undefined && value.components.length < 3 && method !== undefined
  const components = [value?.components[0] ?? '', value?.components[1] ?? '', method ?? '']
  const coded = isBare
    ? toConcept({ ...value, components }, label, reading)
    : toConcept(value, label, reading)
  const words = plainText(segment, 4)
  if (coded === undefined) return words === undefined ? undefined : { text: words }
  return coded.text === undefined && words !== undefined ? { ...coded, text: words } : coded
}

/** What tells one coded thing from another: the number its source gives it, else its code, else its words. */
export const codeKey = (segment: Segment, number: number): string =>
  plain(text(segment, number) ?? text(segment, 3) ?? text(segment, 3, 2, 0) ?? plainText(segment, 4) ?? '')

const verifications: ReadonlyMap<string, string | undefined> = new Map([
  ['A', undefined],
  ['W', 'provisional'],
  ['F', 'confirmed']
])
/** @see https://hl7.org/fhir/R4/valueset-diagnosis-role.html */
const roles: ReadonlyMap<string, string> = new Map([
  ['A', 'AD'],
  ['F', 'DD']
])

const sections = ['problems', 'admissions'] as const

/** DG1: diagnoses of a stay; without one, of the person. */
export function diagnoses(group: Group, visit: string | undefined): Found {
  const found: Found & { ofVisit: Record<string, unknown> } = { entries: [], quarantined: [], ofVisit: {} }
  for (const segment of allOf(group.segments, 'DG1')) {
    const entry = diagnosisEntry(segment, group, visit)
    if (!entry) {
      found.quarantined.push({ reason: 'invalid', resourceType: 'Condition', sections, expression: 'DG1-3' })
      continue
    }
    found.entries.push(entry)
    const id = group.context.resourceId('Condition', entry.sourceResourceId)
    const path = `diagnosis#${id}`
    found.ofVisit[path] = entry.event?.deletes ? [] : [ofVisit(segment, `Condition/${id}`)]
  }
  return found
}

function ofVisit(segment: Segment, reference: string): object {
  const role = roles.get(text(segment, 6)?.toUpperCase() ?? '')
  const rank = Number(/^[1-9]\d?$/.exec(text(segment, 15) ?? '')?.[0] ?? 0)
  const system = 'http://terminology.hl7.org/CodeSystem/diagnosis-role'
  return {
    condition: { reference },
    ...(role !== undefined && { use: { coding: [{ system, code: role }] } }),
    ...(rank > 0 && { rank })
  }
}

function diagnosisEntry(
  segment: Segment,
  group: Group,
  visit: string | undefined
): ContributionEntry | undefined {
  const reading = newReading(group.message, group.context)
  const code = codeOf(segment, 'Diagnosis', reading)
  if (code === undefined) return undefined
  const told = toldDiagnosis(
    code,
    nameOf(visit ?? personKey(group), 'diagnosis', codeKey(segment, 20)),
    group,
    visit
  )
  if (text(segment, 21)?.toUpperCase() === 'D') return deletionEntry(told, group, reading)
  const telling = newTelling()
  tell(telling, 'onsetDateTime', [segment, 5], dateTime(segment, 5, 'Diagnosed', reading))
  tell(telling, 'recordedDate', [segment, 19], dateTime(segment, 19, 'Recorded', reading))
  const status = lookUp(segment, 6, verifications, { label: 'Kind of diagnosis', reading })
  const coding = [{ system: systems.conditionVerification, code: status }]
  tell(telling, 'verificationStatus', [segment, 6], status && { coding })
  tell(telling, 'recorder', [segment, 16], practitioner(segment, 16, reading))
  tellLabel(telling, segment)
  return eventEntry(told, telling, group, reading)
}

const toldDiagnosis = (
  code: CodeableConcept,
  key: string,
  group: Group,
  visit: string | undefined
): Told => ({
  resourceType: 'Condition',
  key,
  sections,
  part: visit,
  base: {
    category: [{ coding: [{ system: systems.conditionCategory, code: 'encounter-diagnosis' }] }],
    code,
    subject: personReference(group),
    ...encounterOf(visit, group)
  }
})

export const encounterOf = (visit: string | undefined, { context }: Group) =>
  visit === undefined
    ? {}
    : { encounter: { reference: `Encounter/${context.resourceId('Encounter', visit)}` } }

/** DG1-18 and PR1-18: the source says that it is confidential. */
function tellLabel(telling: Telling, segment: Segment): void {
  const label = [{ system: systems.confidentiality, code: 'R', display: 'restricted' }]
  const isConfidential = text(segment, 18)?.toUpperCase() === 'Y'
  tell(telling, 'meta.security', [segment, 18], isConfidential ? label : undefined)
  if (text(segment, 18)?.toUpperCase() === 'N') telling.clear.add('meta.security')
}
