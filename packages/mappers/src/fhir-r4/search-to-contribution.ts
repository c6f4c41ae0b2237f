import type {
  Contribution,
  ContributionEntry,
  Mapped,
  QuarantinedItem,
  RefusalReason
} from '@chesil/contracts'
import type { Patient } from '@chesil/fhir'
import { isJson, type Json } from '../json.ts'
import { differsFromPds, findPerson, withDemographicsWarning } from '../stu3/person.ts'
import { type FhirR4Context, sectionOfType } from './context.ts'
import { mapItem } from './map-item.ts'
import { type Candidate, readCandidates, readType, type TypeReading } from './read-answer.ts'
import type { Scope } from './references.ts'
import { toSectionStatements, withPartStatements } from './sections.ts'
import { nameOf, type Sifted, sift, toPerson, toQuarantined, toScope } from './sift.ts'
import { patientsIn } from './subject.ts'

/**
 * Maps what a hospital's FHIR endpoint answered to the searches of one pull.
 *
 * Pure and repeatable: the same resources give the same contribution, on whatever pages they come. What the
 * source lists and did not change is repeated without content.
 *
 * @param answer The parsed envelope (`writeAnswer`), its pages of any shape.
 */
export function fhirR4SearchToContribution(answer: unknown, context: FhirR4Context): Mapped {
  const readings = readTypes(answer)
  if (!isJson(answer) || !readings) return { outcome: 'refused', reason: 'not-a-record' }
  const patient = findPatient(answer['patient'], context)
  if (patient === undefined) return { outcome: 'mapped', contribution: toNothing(readings) }
  if (typeof patient === 'string') return { outcome: 'refused', reason: patient }
  return { outcome: 'mapped', contribution: toContribution(patient, readings, context) }
}

/**
 * A contribution without items that are not valid FHIR: its source writes what it likes.
 *
 * @param answer The envelope that it was mapped from.
 */
export function withoutInvalid(
  contribution: Contribution,
  invalid: readonly QuarantinedItem[],
  answer: unknown
): Contribution {
  const names = new Set(invalid.map(({ sourceResourceId }) => sourceResourceId))
  const quarantined = new Set(invalid.flatMap(({ sections }) => sections))
  return {
    ...contribution,
    sections: withPartStatements(contribution.sections, readTypes(answer) ?? [], quarantined),
    entries: contribution.entries.filter(({ sourceResourceId }) => !names.has(sourceResourceId)),
    quarantined: [...contribution.quarantined, ...invalid]
  }
}

const readTypes = (answer: unknown): TypeReading[] | undefined =>
  isJson(answer) && isJson(answer['byType'])
    ? Object.entries(answer['byType']).map(([type, said]) => readType(type, said))
    : undefined

/** @returns `undefined` where the source knows nobody by the number. */
function findPatient(searchset: unknown, { person }: FhirR4Context): Candidate | RefusalReason | undefined {
  if (!isJson(searchset) || searchset['resourceType'] !== 'Bundle') return 'not-a-record'
  const patients = patientsIn(readCandidates(searchset))
  if (patients.length === 0) return undefined
  const found = findPerson(
    patients.map((one) => ({ ...one, kind: undefined, container: undefined })),
    person
  )
  if (typeof found === 'string') return found
  return patients.find(({ source }) => source === found.source) ?? 'no-person'
}

/** It answered, and has nothing about the person: what it once had it has no longer. */
const toNothing = (readings: readonly TypeReading[]): Contribution => ({
  mode: 'snapshot',
  sections: toSectionStatements([demographics, ...readings], new Set()),
  entries: [],
  quarantined: []
})

const demographics: TypeReading = {
  ...{ type: 'Patient', kind: 'full', candidates: [], included: [], listed: new Set() },
  ...{ isShort: false, issues: [], refused: 0 }
}

function toContribution(
  patient: Candidate,
  readings: readonly TypeReading[],
  context: FhirR4Context
): Contribution {
  const person = toPerson(patient, context)
  const sifted = readings.map((reading) => sift(reading, person))
  const scope = toScope(sifted, person, context)
  const mapped = sifted.map((one) => toEntries(one, scope, context))
  const quarantined = mapped.flatMap((one) => one.quarantined)
  const statements = toSectionStatements(
    [{ ...demographics, candidates: [patient], listed: new Set([patient.id ?? '']) }, ...readings],
    new Set(quarantined.flatMap(({ sections }) => sections))
  )
  const differs = differsFromPds(patient.source, context.person)
  return {
    mode: 'snapshot',
    sections: differs ? statements.map(withDemographicsWarning) : statements,
    entries: [...toClaim(patient, scope, context), ...mapped.flatMap(({ entries }) => entries)],
    quarantined
  }
}

function toEntries(sifted: Sifted, scope: Scope, context: FhirR4Context) {
  const { type, included } = sifted
  const sections = [sectionOfType(type)]
  const entries: ContributionEntry[] = []
  const quarantined = [...sifted.quarantined]
  for (const candidate of sifted.kept) {
    const { id = '' } = candidate
    const sourceResourceId = nameOf(type, id)
    const place = { id: context.resourceId(type, sourceResourceId), section: sectionOfType(type), tags: [] }
    const resource = mapItem(candidate, place, { scope, included, context })
    if (resource) entries.push({ resourceType: resource.resourceType, sourceResourceId, resource, sections })
    else quarantined.push(toQuarantined(candidate, { reason: 'invalid', expression: type }))
  }
  return { entries: [...entries, ...unchangedOf(sifted)], quarantined }
}

function unchangedOf({ type, kind, candidates, listed = new Set() }: Sifted): ContributionEntry[] {
  if (kind !== 'sweep') return []
  const told = new Set(candidates.map(({ id }) => id))
  return [...listed]
    .filter((id) => !told.has(id))
    .map((id) => ({
      resourceType: type as ContributionEntry['resourceType'],
      sourceResourceId: nameOf(type, id),
      isUnchanged: true as const,
      sections: [sectionOfType(type)]
    }))
}

/** The person as the source knows them: a claim beside what PDS says, linked to Chesil's Patient and no other. */
function toClaim(patient: Candidate, scope: Scope, context: FhirR4Context): ContributionEntry[] {
  const { link: _, photo: _photo, ...source }: Json = patient.source
  const sourceResourceId = nameOf('Patient', scope.person.id)
  const place = {
    id: context.resourceId('Patient', sourceResourceId),
    section: sectionOfType('Patient'),
    tags: ['sourceClaim' as const]
  }
  const resource = mapItem({ ...patient, source }, place, { scope, included: [], context })
  if (resource?.resourceType !== 'Patient') return []
  const link: Patient['link'] = [{ other: { reference: `Patient/${context.patientId}` }, type: 'refer' }]
  return [
    { resourceType: 'Patient', sourceResourceId, resource: { ...resource, link }, sections: [place.section] }
  ]
}
