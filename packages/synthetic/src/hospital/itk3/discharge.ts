import { systems } from '@chesil/fhir'
import clinical from '../../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../../dates.ts'
import type { Person } from '../../people.ts'
import { createRandom, type Random } from '../../random.ts'
import type { Trust } from '../trusts.ts'
import { type Element, toFhirXml } from './fhir-xml.ts'
import { messageAround } from './message.ts'
import { coding, resource, section } from './sections.ts'

/**
 * - `first`: the discharge summary as it was sent first
 * - `replacement`: another document that takes its place, with one medicine more stopped
 * - `withdrawn`: the first one again, entered in error
 */
export const dischargeIssues = ['first', 'replacement', 'withdrawn'] as const
export type DischargeIssue = (typeof dischargeIssues)[number]

export interface DischargeOptions {
  readonly seed: string
  readonly trust: Trust
  /** An ISO date: the day of the discharge. */
  readonly asAt: string
  readonly issue: DischargeIssue
}

/** What became of a medicine in hospital, in CareConnect's words. */
type Change = 'Added' | 'Amended' | 'Continued' | 'Stopped'

export interface DischargeDocument {
  /** FHIR STU3 XML: an ITK3 message around a document. */
  readonly xml: string
  /** `Bundle.identifier` of the message. */
  readonly messageId: string
  /** `Composition.identifier`: of the document. */
  readonly documentId: string
  /** Of the document that this one takes the place of. */
  readonly replaces?: string
  readonly medicines: readonly { readonly display: string; readonly change: Change }[]
  readonly diagnosis: string
}

type Medicine = (typeof clinical.medicines)[number]

interface Stay {
  readonly medicines: readonly (readonly [Medicine, Change])[]
  readonly diagnosis: { readonly code: string; readonly display: string }
  readonly allergy: { readonly code: string; readonly display: string }
  /** Of the first document, and of the one that takes its place. */
  readonly documents: readonly [string, string]
}

/** One stay, told by a discharge summary of medicines that were started, changed, kept and stopped. */
export function dischargeDocument(
  person: Person,
  { seed, trust, asAt, issue }: DischargeOptions
): DischargeDocument {
  const random = createRandom(`discharge ${seed} ${trust.odsCode} ${person.nhsNumber}`)
  const stay = stayOf(random)
  const [first, second] = stay.documents
  const isReplacement = issue === 'replacement'
  const documentId = isReplacement ? second : first
  const medicines = isReplacement ? withLastStopped(stay.medicines) : stay.medicines
  const ids = createRandom(`discharge ${issue} ${documentId}`)
  const at = `${asAt}T${{ first: '16', replacement: '17', withdrawn: '18' }[issue]}:05:00+00:00`
  const entries = entriesOf(person, { trust, ids, at, stay: { ...stay, medicines } })
  const composition = resource('Composition', {
    id: ids.uuid(),
    identifier: { system: 'https://tools.ietf.org/html/rfc4122', value: documentId },
    status: issue === 'withdrawn' ? 'entered-in-error' : 'final',
    type: coding(systems.snomed, '373942005', 'Discharge summary'),
    subject: entries.patient.reference,
    date: at,
    author: entries.author.reference,
    title: 'Discharge summary',
    custodian: entries.organisation.reference,
    relatesTo: isReplacement
      ? {
          code: 'replaces',
          targetIdentifier: { system: 'https://tools.ietf.org/html/rfc4122', value: first }
        }
      : undefined,
    section: entries.sections
  })
  const messageId = ids.uuid()
  const message = messageAround([composition, ...entries.all], {
    ids,
    at,
    messageId,
    sender: entries.organisation
  })
  return {
    xml: toFhirXml(message),
    messageId,
    documentId,
    ...(isReplacement && { replaces: first }),
    medicines: medicines.map(([{ display }, change]) => ({ display, change })),
    diagnosis: stay.diagnosis.display
  }
}

function stayOf(random: Random): Stay {
  const first = random.integer(0, clinical.medicines.length - 1)
  const medicine = (index: number) =>
    clinical.medicines[(first + index) % clinical.medicines.length] as Medicine
  return {
    medicines: [
      [medicine(0), 'Added'],
      [medicine(1), 'Amended'],
      [medicine(2), 'Continued'],
      [medicine(3), 'Stopped'],
      [medicine(4), 'Continued']
    ],
    diagnosis: random.pick(clinical.problems),
    allergy: random.pick(clinical.allergies),
    documents: [random.uuid(), random.uuid()]
  }
}

const withLastStopped = (medicines: Stay['medicines']): Stay['medicines'] =>
  medicines.map(([medicine, change], index) => [
    medicine,
    index === medicines.length - 1 ? 'Stopped' : change
  ])

interface Facts {
  readonly trust: Trust
  readonly ids: Random
  /** An instant. */
  readonly at: string
  readonly stay: Stay
}

function entriesOf(person: Person, { trust, ids, at, stay }: Facts) {
  const patient = resource('Patient', {
    id: ids.uuid(),
    identifier: { system: systems.nhsNumber, value: person.nhsNumber },
    name: { use: 'official', family: person.name.family, given: [...person.name.given] },
    gender: person.gender,
    birthDate: person.birthDate
  })
  const organisation = resource('Organization', {
    id: ids.uuid(),
    identifier: { system: systems.odsOrganisation, value: trust.odsCode },
    name: trust.name
  })
  const author = resource('Practitioner', {
    id: ids.uuid(),
    identifier: { system: systems.sdsUser, value: 'G9990001' },
    name: { family: 'Marchbanks', given: 'Idris', prefix: 'Dr' }
  })
  const diagnosis = resource('Condition', {
    id: ids.uuid(),
    clinicalStatus: 'active',
    category: coding('http://hl7.org/fhir/condition-category', 'encounter-diagnosis', 'Encounter Diagnosis'),
    code: coding(systems.snomed, stay.diagnosis.code, stay.diagnosis.display),
    subject: patient.reference
  })
  const allergy = resource('AllergyIntolerance', {
    id: ids.uuid(),
    clinicalStatus: 'active',
    verificationStatus: 'confirmed',
    code: coding(systems.snomed, stay.allergy.code, stay.allergy.display),
    patient: patient.reference,
    assertedDate: at.slice(0, 10)
  })
  const medicines = stay.medicines.map(([medicine, change]) =>
    resource('MedicationStatement', {
      id: ids.uuid(),
      extension: change === 'Continued' ? changed(change) : changed(change, daysBefore(at, 1)),
      status: change === 'Stopped' ? 'stopped' : 'active',
      medicationCodeableConcept: coding(systems.snomed, medicine.code, medicine.display),
      subject: patient.reference,
      taken: change === 'Stopped' ? 'n' : 'y',
      dosage: { text: medicine.dose }
    })
  )
  const sections = [
    section('886921000000105', 'Allergies and adverse reactions', [stay.allergy.display], [allergy]),
    section('887161000000102', 'Diagnoses', [stay.diagnosis.display], [diagnosis]),
    section(
      '933361000000108',
      'Medications and medical devices',
      stay.medicines.map(([{ display }, change]) => `${display}: ${change.toLowerCase()}`),
      medicines
    ),
    section(
      '887201000000105',
      'Plan and requested actions',
      ['Please repeat the blood tests in two weeks'],
      []
    )
  ]
  const all = [patient, organisation, author, diagnosis, allergy, ...medicines]
  return { patient, organisation, author, sections, all }
}

/** @param on An ISO date. */
const changed = (change: Change, on?: string): Element => ({
  url: 'https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-MedicationChangeSummary-1',
  extension: [
    { url: 'status', valueCode: change },
    ...(on === undefined
      ? []
      : [
          {
            url: 'indicationForChange',
            valueCodeableConcept: {
              text: change === 'Stopped' ? 'Fall in blood pressure' : 'Symptoms persist'
            }
          },
          { url: 'dateChanged', valueDateTime: on }
        ])
  ]
})
