import { me, type Stu3, snomed, to } from './elements.ts'

const listCodes = {
  allergies: ['886921000000105', 'Allergies and adverse reactions'],
  ended: ['1103671000000101', 'Ended allergies'],
  medications: ['933361000000108', 'Medications and medical devices'],
  problems: ['717711000000103', 'Problems'],
  consultations: ['1149501000000101', 'List of consultations'],
  immunisations: ['1102181000000102', 'Immunisations'],
  uncategorised: ['826501000000100', 'Uncategorised data'],
  investigations: ['887191000000108', 'Investigations and results'],
  referrals: ['792931000000107', 'Outbound referral'],
  diary: ['714311000000108', 'Patient recall administration'],
  consultation: ['325851000000107', 'Consultation'],
  topic: ['25851000000105', 'Topic (EHR)'],
  heading: ['24781000000107', 'Category (EHR)']
} as const

export type ListKind = keyof typeof listCodes

/** @param references What it names; nothing: an empty one. */
export function list(kind: ListKind, references: readonly string[] = [], overrides: Stu3 = {}): Stu3 {
  const [code, title] = listCodes[kind]
  const empty = {
    note: [{ text: 'Information not available' }],
    emptyReason: {
      coding: [
        {
          system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-ListEmptyReasonCode-1',
          code: 'no-content-recorded'
        }
      ]
    }
  }
  return {
    resourceType: 'List',
    status: 'current',
    mode: 'snapshot',
    title,
    code: snomed(code, title),
    subject: me,
    ...(references.length > 0 ? { entry: references.map((reference) => ({ item: to(reference) })) } : empty),
    ...overrides
  }
}
