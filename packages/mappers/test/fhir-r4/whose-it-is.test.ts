import { systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { fhirR4SearchToContribution } from '../../src/index.ts'
import { type Loose, nhsNumber, patientId } from '../asking.ts'
import { asking, baseUrl, condition, contribution, entriesOf, envelope, page, patient } from './trust.ts'

const refusal = (found: readonly Loose[], person = asking().person) =>
  fhirR4SearchToContribution(envelope({}, found), asking({ person }))

describe('an answer is refused as a whole', () => {
  test.each([
    [
      'about another NHS number',
      { identifier: [{ system: systems.nhsNumber, value: '9000000009' }] },
      'wrong-person'
    ],
    [
      'that names a second number',
      { identifier: [...patient()['identifier'], { system: systems.nhsNumber, value: '9000000009' }] },
      'wrong-person'
    ],
    ['without a number', { identifier: [] }, 'no-person'],
    ['about somebody born on another day', { birthDate: '1975-11-30' }, 'wrong-person'],
    [
      'whose birth date is nearly right and whose name is not',
      { birthDate: '1962-04-10', name: [{ family: 'Other', given: ['Olga'] }] },
      'wrong-person'
    ]
  ])('%s', (_case, changes, reason) => {
    expect(refusal([patient(changes)])).toEqual({ outcome: 'refused', reason })
  })

  test('about two people', () => {
    expect(refusal([patient(), patient({ id: 'p2' })])).toEqual({ outcome: 'refused', reason: 'no-person' })
  })

  test.each([
    undefined,
    null,
    7,
    [],
    {},
    { byType: {} },
    { byType: {}, patient: { resourceType: 'Patient' } }
  ])('that is no answer: %o', (answer) => {
    expect(fhirR4SearchToContribution(answer, asking())).toEqual({
      outcome: 'refused',
      reason: 'not-a-record'
    })
  })
})

test('the record that replaced another of the same person is theirs', () => {
  const old = patient({ id: 'old', active: false })
  expect(contribution({}, { found: [old, patient()] }).entries).toMatchObject([
    { sourceResourceId: 'Patient/p1' }
  ])
})

test('the person as the source knows them is a claim, linked to Chesil’s Patient and nobody else', () => {
  const found = patient({
    link: [{ other: { reference: 'Patient/p7' }, type: 'seealso' }],
    photo: [{ url: 'a.png' }]
  })
  const [entry] = contribution({}, { found: [found] }).entries
  expect(entry?.sections).toEqual(['demographics'])
  expect(entry?.resource).toMatchObject({
    link: [{ other: { reference: `Patient/${patientId}` }, type: 'refer' }],
    meta: { tag: [{ code: 'trust-fhir' }, { code: 'demographics' }, { code: 'source-claim' }] }
  })
  expect(entry?.resource).not.toHaveProperty('photo')
})

test('a family name that PDS does not know is said, and the person accepted', () => {
  const { sections } = contribution(
    { Condition: {} },
    { found: [patient({ name: [{ family: 'Young', given: ['Maeve'] }] })] }
  )
  expect(sections.map(({ warnings }) => warnings[0]?.code)).toEqual([
    'demographics-differ',
    'demographics-differ'
  ])
})

describe('an item is the person’s', () => {
  const ownNumber = { system: systems.nhsNumber, value: nhsNumber }
  test.each<[string, Loose]>([
    ['by a relative reference', { subject: { reference: 'Patient/p1' } }],
    ['by a reference to a version', { subject: { reference: 'Patient/p1/_history/3' } }],
    ['by an address below the endpoint’s base', { subject: { reference: `${baseUrl}/Patient/p1` } }],
    [
      'by the address of the person’s own entry',
      { subject: { reference: 'urn:uuid:0f0e4b1e-0000-4000-8000-000000000001' } }
    ],
    ['by NHS number', { subject: { identifier: ownNumber } }],
    [
      'by a Patient inside it, with the NHS number',
      {
        subject: { reference: '#p' },
        contained: [{ resourceType: 'Patient', id: 'p', identifier: [ownNumber] }]
      }
    ]
  ])('%s', (_case, changes) => {
    const answer = envelope({ Condition: { pages: [page([condition('c1', changes)])] } }) as Loose
    answer['patient'].entry[0].fullUrl = 'urn:uuid:0f0e4b1e-0000-4000-8000-000000000001'
    const mapped = fhirR4SearchToContribution(answer, asking())
    const resource = mapped.outcome === 'mapped' ? entriesOf(mapped.contribution)[0]?.resource : undefined
    expect(resource).toMatchObject({ subject: { reference: `Patient/${patientId}` } })
    expect(resource).not.toHaveProperty('contained')
  })
})

describe('an item is kept out', () => {
  const other = { system: systems.nhsNumber, value: '9000000009' }
  test.each<[string, Loose, string, string]>([
    ['that names another person', { subject: { reference: 'Patient/p2' } }, 'other-subject', 'subject'],
    [
      'that names their number at another server',
      { subject: { reference: 'https://elsewhere.example/R4/Patient/p1' } },
      'other-subject',
      'subject'
    ],
    [
      'whose address only begins like the base',
      { subject: { reference: `${baseUrl}.elsewhere.example/Patient/p1` } },
      'other-subject',
      'subject'
    ],
    [
      'that names something else of that id',
      { subject: { reference: 'Group/p1' } },
      'other-subject',
      'subject'
    ],
    [
      'that names another NHS number beside the person',
      { subject: { reference: 'Patient/p1', identifier: other } },
      'other-subject',
      'subject'
    ],
    ['that names another NHS number', { subject: { identifier: other } }, 'other-subject', 'subject'],
    [
      'by a Patient inside it who is somebody else',
      {
        subject: { reference: '#p' },
        contained: [{ resourceType: 'Patient', id: 'p', identifier: [other] }]
      },
      'other-subject',
      'subject'
    ],
    [
      'by a Patient inside it of whom nothing is known',
      { subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] },
      'other-subject',
      'subject'
    ],
    [
      'that names a Patient inside it who is not there',
      { subject: { reference: '#p' } },
      'other-subject',
      'subject'
    ],
    ['that names nobody', { subject: undefined }, 'no-subject', 'subject'],
    ['that names somebody by name only', { subject: { display: 'Maeve Marsh' } }, 'no-subject', 'subject'],
    ['of an id that FHIR does not have', { id: 'a b' }, 'invalid', 'id'],
    [
      'made under rules that are not ours to know',
      { implicitRules: 'https://trust.example/rules' },
      'invalid',
      'implicitRules'
    ]
  ])('%s', (_case, changes, reason, element) => {
    const { quarantined, entries } = contribution({
      Condition: { pages: [page([condition('c1', changes)])] }
    })
    expect(quarantined).toEqual([
      {
        reason,
        expression: `Condition.${element}`,
        resourceType: 'Condition',
        ...(element !== 'id' && { sourceResourceId: 'Condition/c1' }),
        sections: ['problems']
      }
    ])
    expect(entries).toHaveLength(1)
  })

  test.each([
    ['an appointment with somebody else beside them', ['Patient/p1', 'Patient/p2'], 'other-subject'],
    ['an appointment of clinicians alone', ['Practitioner/d1'], 'no-subject']
  ])('%s', (_case, actors, reason) => {
    const participant = actors.map((reference) => ({ actor: { reference }, status: 'accepted' }))
    const appointment = { resourceType: 'Appointment', id: 'a1', status: 'booked', participant }
    const { quarantined } = contribution({ Appointment: { pages: [page([appointment])] } })
    expect(quarantined).toMatchObject([{ reason, expression: 'Appointment.participant.actor' }])
  })

  test('a document whose source names another person', () => {
    const document = {
      ...{
        resourceType: 'DocumentReference',
        id: 'd1',
        status: 'current',
        subject: { reference: 'Patient/p1' }
      },
      context: { sourcePatientInfo: { reference: 'Patient/p2' } }
    }
    const { quarantined } = contribution({ DocumentReference: { pages: [page([document])] } })
    expect(quarantined).toMatchObject([
      { reason: 'other-subject', expression: 'DocumentReference.context.sourcePatientInfo' }
    ])
  })

  test('everybody else’s, where the endpoint did not understand for whom it was asked', () => {
    const all = Array.from({ length: 50 }, (_, at) =>
      condition(`c${at}`, { subject: { reference: `Patient/p${at}` } })
    )
    const mapped = contribution({ Condition: { pages: [page(all)] } })
    expect(entriesOf(mapped).map(({ sourceResourceId }) => sourceResourceId)).toEqual(['Condition/c1'])
    expect(mapped.quarantined).toHaveLength(49)
  })
})
