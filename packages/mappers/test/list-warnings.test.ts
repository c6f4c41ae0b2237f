import type { Section } from '@chesil/contracts'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import { statement } from './statement.ts'
import { bundle, type ListKind, list, patient, type Stu3, snomed, warning } from './stu3.ts'

const transfer =
  'Patient record transfer from previous GP practice not yet complete; information recorded before 01-Mar-2026 may be missing.'

test.each([
  ['data-in-transit', transfer, false],
  ['confidential-items', 'Items excluded due to confidentiality and/or patient preferences.', true],
  [
    'data-awaiting-filing',
    'Patient data may be incomplete as there is data supplied by a third party awaiting review.',
    true
  ]
])('a warning of %s is passed on with its words, with its code or without', (code, text, complete) => {
  const note = [{ text }]
  const expected = { state: 'returned', warnings: [{ code, text }], complete }
  expect(
    statement('problems', list('problems', ['Condition/c1'], { extension: warning(code), note }))
  ).toMatchObject(expected)
  expect(statement('problems', list('problems', ['Condition/c1'], { note }))).toMatchObject(expected)
})

test('a list of data awaiting filing stands beside the list of its section', () => {
  const text = 'data awaiting filing'
  const waiting = list('problems', ['Condition/c2'], {
    extension: warning('data-awaiting-filing'),
    note: [{ text }]
  })
  expect(statement('problems', list('problems', ['Condition/c1']), waiting)).toEqual({
    section: 'problems',
    state: 'returned',
    warnings: [{ code: 'data-awaiting-filing', text }],
    complete: true
  })
})

test('two warnings share the one note, and the same warning of two lists is said once', () => {
  const overrides = {
    extension: [...warning('confidential-items'), ...warning('data-in-transit')],
    note: [{ text: `${transfer} Information not available` }]
  }
  expect(statement('allergies', list('allergies', [], overrides), list('ended', [], overrides))).toEqual({
    section: 'allergies',
    state: 'empty',
    warnings: [
      { code: 'confidential-items', text: transfer },
      { code: 'data-in-transit', text: transfer }
    ],
    complete: false
  })
})

const secondary = (code: string, overrides: Stu3): Stu3 => {
  const system = 'https://fhir.hl7.org.uk/STU3/CodeSystem/GPConnect-SecondaryListValues-1'
  return list('heading', ['Observation/o1'], { code: { coding: [{ system, code }] }, ...overrides })
}
const kept = 'Items excluded due to confidentiality and/or patient preferences.'

test.each<[string, Section, (overrides: Stu3) => Stu3]>([
  ['a consultation', 'consultations', (more) => list('consultation', ['List/t1'], more)],
  ['a topic', 'consultations', (more) => list('topic', ['List/h1'], more)],
  ['a heading', 'consultations', (more) => list('heading', ['Observation/o1'], more)],
  [
    'what consultations contain',
    'consultations',
    (more) => secondary('consultations-medications-contained-in-consultations', more)
  ],
  [
    'what problems relate to',
    'problems',
    (more) => secondary('problems-uncategorised-data-related-to-problems', more)
  ]
])('a warning on a list of %s is a warning about the %s', (_, section, build) => {
  const main = list(section as ListKind, ['Condition/c1'])
  const confidential = build({ extension: warning('confidential-items'), note: [{ text: kept }] })
  expect(statement(section, main, confidential)).toEqual({
    section,
    state: 'returned',
    warnings: [{ code: 'confidential-items', text: kept }],
    complete: true
  })
  const moving = build({ extension: warning('data-in-transit'), note: [{ text: transfer }] })
  expect(statement(section, main, moving)).toMatchObject({ state: 'returned', complete: false })
  expect(statement('allergies', list('allergies'), moving)?.warnings).toEqual([])
  expect(statement(section, confidential)?.state).toBe('not-returned')
})

test('a warning on a list of unknown purpose is a warning about everything', () => {
  const unknown = list('heading', ['Observation/o1'], {
    code: snomed('99999', 'To be confirmed'),
    extension: warning('confidential-items'),
    note: [{ text: kept }]
  })
  for (const section of ['problems', 'diary'] as const) {
    expect(statement(section, list(section), unknown)?.warnings).toEqual([
      { code: 'confidential-items', text: kept }
    ])
  }
})

test('what a practice notes about a consultation is no warning about the section', () => {
  const noted = list('heading', ['Observation/o1'], { note: [{ text: 'Discussed with her sister' }] })
  expect(statement('consultations', list('consultations', ['Encounter/e1']), noted)?.warnings).toEqual([])
})

test('what a practice notes about a list without a warning is passed on', () => {
  const text = 'There are no allergies in the patient record but it has not been confirmed with the patient.'
  expect(statement('allergies', list('allergies', [], { note: [{ text }] }))?.warnings).toEqual([
    { code: 'note', text }
  ])
})

test('a warning stays on the list itself', () => {
  const transit = list('problems', [], { extension: warning('data-in-transit'), note: [{ text: transfer }] })
  const contribution = contributionOf(structuredRecordToContribution(bundle(patient(), transit), asking()))
  expect(landed(contribution, 'p1|List/~717711000000103')).toMatchObject({
    extension: [
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ListWarningCode',
        valueCodeableConcept: {
          coding: [
            { system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ListWarningCode', code: 'data-in-transit' }
          ]
        }
      }
    ],
    note: [{ text: transfer }],
    emptyReason: {
      coding: [
        {
          system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ListEmptyReasonCode',
          code: 'no-content-recorded'
        }
      ]
    }
  })
})
