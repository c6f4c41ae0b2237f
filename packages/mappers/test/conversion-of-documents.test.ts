import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, isDegraded, landed } from './asking.ts'
import { bundle, document, encounter, observation, patient, questionnaire, type Stu3, to } from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)

test('a document: indexed is its date, created the creation of what is attached', () => {
  const resource = only(
    document({ class: { text: 'letter' }, docStatus: 'appended' }),
    'DocumentReference/doc1',
    encounter()
  )
  expect(resource).toMatchObject({
    docStatus: 'amended',
    category: [{ text: 'letter' }],
    date: '2026-01-16T10:00:00.000+00:00',
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          url: 'https://gp.example/Binary/doc1',
          size: 1024,
          creation: '2026-01-15T09:00:00+00:00'
        }
      }
    ],
    context: { encounter: [{ reference: expect.stringMatching(/^Encounter\//) }] }
  })
})

test('a document that was never indexed is dated by its creation, when that is exact', () => {
  expect(only(document({ indexed: undefined }), 'DocumentReference/doc1')['date']).toBe(
    '2026-01-15T09:00:00+00:00'
  )
  const vague = only(document({ indexed: undefined, created: '2026-01' }), 'DocumentReference/doc1')
  expect(vague).not.toHaveProperty('date')
})

test('a document without an address keeps the reason why', () => {
  const title = 'File size 5265867 bytes greater than maximum allowable (5MB)'
  const content = [{ attachment: { contentType: 'application/pdf', title, size: 5265867 } }]
  expect(only(document({ content }), 'DocumentReference/doc1')['content'][0].attachment).toMatchObject({
    title
  })
})

test('the bytes of a document are not taken over', () => {
  const content = [{ attachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }]
  const resource = only(document({ content }), 'DocumentReference/doc1')
  expect(JSON.stringify(resource)).not.toContain('aGVsbG8=')
  expect(isDegraded(resource)).toBe(true)
})

test('a questionnaire: its parent is what it is part of, its questionnaire a canonical address', () => {
  const resource = only(
    questionnaire({ context: to('Encounter/e1'), questionnaire: to('Questionnaire/1') }),
    'QuestionnaireResponse/q1',
    observation(),
    encounter()
  )
  expect(resource).toMatchObject({
    partOf: [{ reference: expect.stringMatching(/^Observation\//) }],
    encounter: { reference: expect.stringMatching(/^Encounter\//) },
    item: [
      {
        linkId: 'smoking',
        answer: [
          { valueString: 'never' },
          { valueReference: { reference: expect.stringMatching(/^Observation\//) } }
        ]
      }
    ]
  })
  expect(resource).not.toHaveProperty('questionnaire')
})
