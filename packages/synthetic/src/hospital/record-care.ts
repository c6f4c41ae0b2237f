import type {
  AllergyIntolerance,
  Appointment,
  Condition,
  DocumentReference,
  Encounter,
  MedicationRequest,
  Procedure
} from '@chesil/fhir'
import { systems } from '@chesil/fhir'
import clinical from '../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../dates.ts'
import codes from './hospital-codes.json' with { type: 'json' }
import { pdfOf, toBase64 } from './pdf.ts'
import {
  coded,
  consultantReference,
  dayBefore,
  instant,
  localIdentifier,
  meta,
  type RecordDraft,
  snomed,
  trustReference
} from './record-draft.ts'

/** A stay that is over. */
export function stay(draft: RecordDraft): Encounter {
  const { random, subject } = draft
  const start = dayBefore(draft, 40, 900)
  const end = daysBefore(start, -random.integer(1, 6))
  return {
    resourceType: 'Encounter',
    id: random.uuid(),
    meta: meta('Encounter', end),
    identifier: [localIdentifier(draft, 'visit', `H${random.integer(100_000, 999_999)}`)],
    status: 'finished',
    class: { system: systems.actCode, code: 'IMP', display: 'inpatient encounter' },
    serviceType: { text: random.pick(codes.treatmentFunctions).name },
    subject,
    participant: [{ individual: consultantReference(draft) }],
    period: { start: instant(start, 10), end: instant(end, 14) },
    location: [{ location: { display: `Ward ${random.pick(codes.wards)}` } }],
    serviceProvider: trustReference(draft)
  }
}

export function diagnosis(draft: RecordDraft, { id, period }: Encounter): Condition {
  const day = String(period?.start)
  return {
    resourceType: 'Condition',
    id: draft.random.uuid(),
    meta: meta('Condition', day.slice(0, 10)),
    clinicalStatus: { coding: [{ system: systems.conditionClinical, code: 'active' }] },
    verificationStatus: { coding: [{ system: systems.conditionVerification, code: 'confirmed' }] },
    category: [coded(systems.conditionCategory, 'encounter-diagnosis', 'Encounter Diagnosis')],
    code: snomed(draft.random.pick(clinical.problems)),
    subject: draft.subject,
    encounter: { reference: `Encounter/${id}` },
    recordedDate: day
  }
}

export function operation(draft: RecordDraft, { id, period }: Encounter): Procedure {
  const day = String(period?.start)
  const { code, display } = draft.random.pick(codes.procedures)
  return {
    resourceType: 'Procedure',
    id: draft.random.uuid(),
    meta: meta('Procedure', day.slice(0, 10)),
    status: 'completed',
    code: coded('https://fhir.hl7.org.uk/Id/opcs-4', code, display),
    subject: draft.subject,
    encounter: { reference: `Encounter/${id}` },
    performedDateTime: day
  }
}

export function allergy(draft: RecordDraft): AllergyIntolerance {
  const day = dayBefore(draft, 30, 2_000)
  const { code, display } = draft.random.pick(clinical.allergies)
  return {
    resourceType: 'AllergyIntolerance',
    id: draft.random.uuid(),
    meta: meta('AllergyIntolerance', day),
    clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active' }] },
    verificationStatus: { coding: [{ system: systems.allergyVerification, code: 'confirmed' }] },
    code: snomed({ code, display }),
    patient: draft.subject,
    recordedDate: instant(day, 11)
  }
}

export function medicine(draft: RecordDraft): MedicationRequest {
  const day = dayBefore(draft, 20, 500)
  const { code, display, dose } = draft.random.pick(clinical.medicines)
  return {
    resourceType: 'MedicationRequest',
    id: draft.random.uuid(),
    meta: meta('MedicationRequest', day),
    status: 'completed',
    intent: 'order',
    category: [
      coded('http://terminology.hl7.org/CodeSystem/medicationrequest-category', 'discharge', 'Discharge')
    ],
    medicationCodeableConcept: coded(systems.dmd, code, display),
    subject: draft.subject,
    authoredOn: instant(day, 12),
    requester: consultantReference(draft),
    dosageInstruction: [{ text: dose }]
  }
}

/** In a clinic, some weeks from now. */
export function booked(draft: RecordDraft): Appointment {
  const { random, asAt } = draft
  const day = daysBefore(asAt, -random.integer(7, 60))
  return {
    resourceType: 'Appointment',
    id: random.uuid(),
    meta: meta('Appointment', daysBefore(asAt, 3)),
    status: 'booked',
    serviceType: [{ text: random.pick(codes.treatmentFunctions).name }],
    start: `${day}T10:00:00Z`,
    end: `${day}T10:20:00Z`,
    participant: [
      { actor: draft.subject, status: 'accepted' },
      { actor: consultantReference(draft), status: 'accepted' }
    ]
  }
}

/** A letter as a PDF inside the resource. */
export function letter(draft: RecordDraft, { period }: Encounter): DocumentReference {
  const at = String(period?.end)
  const title = 'Discharge letter'
  return {
    resourceType: 'DocumentReference',
    id: draft.random.uuid(),
    meta: meta('DocumentReference', at.slice(0, 10)),
    identifier: [localIdentifier(draft, 'document', `L${draft.random.integer(100_000, 999_999)}`)],
    status: 'current',
    type: coded(systems.snomed, '373942005', 'Discharge summary'),
    subject: draft.subject,
    date: at,
    author: [consultantReference(draft)],
    custodian: trustReference(draft),
    description: title,
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          title,
          creation: at,
          data: toBase64(pdfOf(`${title} of ${at.slice(0, 10)}`))
        }
      }
    ]
  }
}
