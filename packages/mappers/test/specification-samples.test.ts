import type { Contribution } from '@chesil/contracts'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { documentSearchToContribution, structuredRecordToContribution } from '../src/index.ts'
import { contributionOf, deadReferences, isDegraded, landed } from './asking.ts'
import { areHere, filesIn, orSkip, readData, readRecord } from './on-disk.ts'

/** In one line: what landed, `~` what is degraded, `!` what was kept out, and the sections that were answered. */
function summary({ entries, quarantined, sections }: Contribution): string {
  const tally = (names: readonly string[]) =>
    [...new Set(names)].sort().map((name) => `${names.filter((one) => one === name).length} ${name}`)
  const clinical = entries.filter(
    ({ resourceType }) =>
      !/^(Patient|Practitioner|PractitionerRole|Organization|Location|Medication)$/.test(resourceType)
  )
  return [
    ...tally(
      clinical.map(({ resourceType, resource }) => `${resourceType}${isDegraded(resource ?? {}) ? '~' : ''}`)
    ),
    ...tally(quarantined.map(({ reason, resourceType }) => `!${resourceType} ${reason}`)),
    ...sections
      .filter(({ state }) => state !== 'not-returned')
      .map(({ section, state }) => `${section}: ${state}`)
  ].join(', ')
}

const structured: Readonly<Record<string, string>> = {
  'allergies_response1.json': '4 AllergyIntolerance, 2 List, allergies: returned',
  'allergies_response2.json': '1 AllergyIntolerance, 1 List, allergies: returned',
  'allergies_response3.json': '1 List, allergies: empty',
  'consultations_forwards_response1.json':
    '4 AllergyIntolerance, 3 List, 5 MedicationRequest, 2 MedicationStatement, allergies: returned, medications: returned, problems: unsupported, consultations: unsupported',
  'consultations_response1.json':
    '6 List, 1 List~, 10 MedicationRequest, 2 MedicationStatement, 3 MedicationStatement~, 4 !Condition other-subject, 3 !Encounter other-subject, 38 !List other-subject, 1 !Observation no-subject, 46 !Observation other-subject, medications: returned, problems: returned, consultations: returned, uncategorised: returned',
  'consultations_response2.json': '1 List, allergies: returned',
  'consultations_response3.json': '',
  'diaryentries_response1.json': '1 Condition~, 1 List, 2 ServiceRequest, diary: returned',
  'immunizations_response1.json': '1 Immunization, 1 List, immunisations: returned',
  'immunizations_response2.json': '2 Immunization, 1 List, immunisations: returned',
  'immunizations_response3.json': '1 List, 1 !Observation other-subject, immunisations: returned',
  'meds_response.json': '1 List, 6 MedicationRequest, 3 MedicationStatement, medications: returned',
  'pathology_response1.json':
    '1 DiagnosticReport, 1 List, 19 Observation, 1 ServiceRequest, 1 Specimen, investigations: returned',
  'pathology_response2.json':
    '1 DiagnosticReport, 1 List, 1 Observation, 1 ServiceRequest, 1 Specimen, investigations: returned',
  'problems_response1.json': '',
  'referrals_response1.json': '1 List, 2 ServiceRequest, referrals: returned',
  'uncategorised_response1.json':
    '1 List, 2 Observation, 1 !Observation other-subject, uncategorised: returned'
}

const map = (file: string): Contribution => {
  const { record, context } = readRecord('spec-1.6.2-structured', file)
  return contributionOf(structuredRecordToContribution(record, context))
}

describe.skipIf(!areHere)(`samples of the specification (${orSkip})`, () => {
  const validator = createValidator()

  test('every structured sample is in the list', () => {
    const refused = ['skeleton_full_record.json', 'split_plan.json']
    expect(filesIn('spec-1.6.2-structured').sort()).toEqual([...Object.keys(structured), ...refused].sort())
  })

  test.each(Object.entries(structured))('%s maps to: %s', (file, line) => {
    expect(summary(map(file))).toBe(line)
  })

  test.each(Object.keys(structured))('%s maps to valid R4 without a dead reference', (file) => {
    const contribution = map(file)
    expect(
      contribution.entries.flatMap(({ resource }) => (resource ? validator.validate(resource) : []))
    ).toEqual([])
    expect(deadReferences(contribution)).toEqual([])
  })

  test.each(['skeleton_full_record.json', 'split_plan.json'])(
    '%s does not say whom it is about, and is refused',
    (file) => {
      const { record, context } = readRecord('spec-1.6.2-structured', file)
      expect(structuredRecordToContribution(record, context)).toEqual({
        outcome: 'refused',
        reason: 'no-person'
      })
    }
  )

  test('three different medicines with one id all land', () => {
    const { entries } = map('consultations_response1.json')
    const alike = entries.filter(({ sourceResourceId }) =>
      sourceResourceId.startsWith('MedicationStatement/6bff710a-0bdc-4c9b-b98b-40db0a107edc')
    )
    expect(new Set(alike.map(({ resource }) => resource?.id)).size).toBe(3)
  })

  test('a diary entry of the early sample keeps its date, under whatever name it came', () => {
    const contribution = map('diaryentries_response1.json')
    const entry = landed(contribution, 'ProcedureRequest/eba25af1-5b74-4790-aa5a-2134fd27ad45')
    expect(entry['occurrenceDateTime']).toBe('2019-05-02')
  })

  test('a provider of an older version names the sections that it cannot give', () => {
    const { sections } = map('consultations_forwards_response1.json')
    expect(
      sections
        .filter(({ state }) => state === 'unsupported')
        .map(({ section, complete }) => [section, complete])
    ).toEqual([
      ['problems', false],
      ['consultations', false]
    ])
  })

  test('the document search lands its document and speaks for documents alone', () => {
    const { record, context } = readRecord('spec-1.6.2-documents', 'documents_response.json')
    const contribution = contributionOf(documentSearchToContribution(record, context))
    expect(summary(contribution)).toBe('1 DocumentReference, documents: returned')
    expect(contribution.sections).toEqual([
      { section: 'documents', state: 'returned', warnings: [], complete: true }
    ])
    expect(landed(contribution, 'DocumentReference/27863182736')).toMatchObject({
      masterIdentifier: { system: 'LocalSystem/1' },
      date: '2019-07-02T09:43:41+11:00',
      description: 'Discharge Summary',
      content: [
        {
          attachment: {
            contentType: 'application/msword',
            url: 'http://exampleGPSystem.co.uk/GP0001/STU3/1/gpconnect-documents/Binary/07a6483f-732b-461e-86b6-edb665c45510',
            size: 3654,
            creation: '2019-06-24T09:35:00+11:00'
          }
        }
      ]
    })
  })

  test('a search that finds the person and no documents says that there are none', () => {
    const { record, context } = readRecord('structured-records', 'patientWithNoDocumentResources.json')
    const { sections } = contributionOf(documentSearchToContribution(record, context))
    expect(sections).toEqual([{ section: 'documents', state: 'empty', warnings: [], complete: true }])
  })

  test.each(filesIn('spec-foundations').filter((file) => !/^find_|^register_patient_response/.test(file)))(
    'a resource by itself, %s, is no record',
    (file) => {
      const { context } = readRecord('spec-foundations', file)
      const answer = readData('gp-connect', 'spec-foundations', file)
      expect(structuredRecordToContribution(answer, context)).toEqual({
        outcome: 'refused',
        reason: 'not-a-record'
      })
    }
  )
})
