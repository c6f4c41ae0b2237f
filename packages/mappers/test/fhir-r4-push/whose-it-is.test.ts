import { describe, expect, test } from 'vitest'
import { nhsNumber, referencesIn } from '../asking.ts'
import {
  bundle,
  context,
  faultsOf,
  localOf,
  nhs,
  observation,
  ownSystem,
  partsIn,
  patient
} from './pushing.ts'

const other = '9434765919'
const p1 = context.personId(localOf('p1'))

describe('a resource is the person’s whom it names', () => {
  test.each([
    ['by the id of their own Patient', [patient('p1'), observation('o1')]],
    [
      'by an address below the source’s base',
      [
        patient('p1'),
        observation('o1', { subject: { reference: 'https://fhir.trust.example/R4/Patient/p1' } })
      ]
    ],
    [
      'by a version of their Patient',
      [patient('p1'), observation('o1', { subject: { reference: 'Patient/p1/_history/3' } })]
    ],
    [
      'by the NHS number of a Patient beside it',
      [patient('p1'), observation('o1', { subject: { identifier: nhs() } })]
    ],
    [
      'by the number that is to be searched for',
      [
        patient('p1'),
        observation('o1', { subject: { reference: `Patient?identifier=${nhs()['system']}|${nhsNumber}` } })
      ]
    ],
    [
      'by a Patient inside it',
      [
        patient('p1'),
        observation('o1', {
          subject: { reference: '#p' },
          contained: [{ resourceType: 'Patient', id: 'p', identifier: [nhs()] }]
        })
      ]
    ],
    ['alone, by the id of a Patient who was pushed at another time', [observation('o1')]]
  ])('%s', (_how, resources) => {
    const parts = partsIn(bundle(resources))
    const part = parts.find(({ contribution }) =>
      contribution.entries.some(({ sourceResourceId }) => sourceResourceId === 'Observation/o1')
    )
    expect(part?.subject.local).toEqual(localOf('p1'))
    const entry = part?.contribution.entries.find(({ resourceType }) => resourceType === 'Observation')
    expect(referencesIn(entry?.resource)).toEqual([`Patient/${p1}`])
  })

  test('by the URN that its Bundle gives their Patient', () => {
    const fullUrl = 'urn:uuid:0a1b2c3d-0000-4000-8000-000000000001'
    const parts = partsIn(
      bundle([], {
        entry: [
          { fullUrl, resource: patient('p1') },
          { resource: observation('o1', { subject: { reference: fullUrl } }) }
        ]
      })
    )
    expect(new Set(parts.map(({ subject }) => subject.local.value))).toEqual(new Set(['p1']))
  })

  test('each of a Bundle about two people is one’s alone', () => {
    const parts = partsIn(
      bundle([
        patient('p1'),
        patient('p2', { identifier: [nhs(other)] }),
        observation('o1'),
        observation('o2', { subject: { reference: 'Patient/p2' } })
      ])
    )
    const landed = parts.flatMap(({ subject, contribution }) =>
      contribution.entries.map(({ sourceResourceId }) => `${subject.local.value} ${sourceResourceId}`)
    )
    expect(landed.sort()).toEqual([
      'p1 Observation/o1',
      'p1 Patient/p1',
      'p2 Observation/o2',
      'p2 Patient/p2'
    ])
  })

  test('known by an NHS number alone, they are known by it as the trust claims it', () => {
    const [part] = partsIn(observation('o1', { subject: { identifier: nhs() } }))
    expect(part?.subject).toMatchObject({ local: { value: nhsNumber }, nhsNumber })
  })
})

describe('what their Patient says of them', () => {
  test('is claimed in every part about them; alone, an id claims nothing', () => {
    const claimed = {
      nhsNumber,
      birthDate: '1962-04-09',
      family: 'Marsh',
      given: ['Maeve'],
      gender: 'female'
    }
    const parts = partsIn(bundle([patient('p1'), observation('o1')]))
    for (const { subject } of parts) expect(subject).toEqual({ local: localOf('p1'), ...claimed })
    expect(partsIn(observation('o1'))[0]?.subject).toEqual({ local: localOf('p1') })
  })

  test('links them to the trust’s own number, by which its other systems know them', () => {
    const numbered = patient('p1', { identifier: [{ system: ownSystem, value: 'M17' }, nhs()] })
    const [part] = partsIn(bundle([numbered]))
    const into = { system: ownSystem, value: 'M17' }
    expect(part?.identity).toEqual([{ kind: 'link', from: localOf('p1'), into }])
  })

  test('lands as a claim, without links and photo, and with a number that fails its check as claimed alone', () => {
    const [part] = partsIn(
      bundle([
        patient('p1', {
          identifier: [nhs('9449305551')],
          link: [{ other: { reference: 'Patient/p2' }, type: 'seealso' }],
          photo: [{ url: 'x' }]
        })
      ])
    )
    const [entry] = part?.contribution.entries ?? []
    expect(entry?.sourceResourceId).toBe('Patient/p1')
    expect(entry?.resource?.meta?.tag?.map(({ code }) => code)).toContain('source-claim')
    expect(entry?.resource).not.toHaveProperty('link')
    expect(entry?.resource).not.toHaveProperty('photo')
    expect(JSON.stringify(entry?.resource)).toContain('claimed-nhs-number')
    expect(part?.subject.nhsNumber).toBeUndefined()
  })
})

describe('nothing is guessed: it is refused, and where is said', () => {
  test.each([
    ['no subject', { subject: undefined }, 'no-subject Bundle.entry[0].resource.subject'],
    [
      'a subject that is no person',
      { subject: { reference: 'Device/d1' } },
      'unknown-subject Bundle.entry[0].resource.subject'
    ],
    [
      'a Patient of another server',
      { subject: { reference: 'https://other.example/R4/Patient/p1' } },
      'unknown-subject Bundle.entry[0].resource.subject'
    ],
    [
      'a URN that nothing is called by',
      { subject: { reference: 'urn:uuid:0a1b2c3d-0000-4000-8000-000000000009' } },
      'unknown-subject Bundle.entry[0].resource.subject'
    ],
    ['a name alone', { subject: { display: 'Maeve Marsh' } }, 'no-subject Bundle.entry[0].resource.subject'],
    [
      'a Patient inside without a number',
      { subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] },
      'unknown-subject Bundle.entry[0].resource.subject'
    ],
    [
      'another NHS number than their Patient’s',
      { subject: { reference: 'Patient/p1', identifier: nhs(other) } },
      'other-subject Bundle.entry[0].resource.subject.identifier'
    ]
  ])('%s', (_what, changes, fault) => {
    expect(faultsOf(bundle([observation('o1', changes), patient('p1')]))).toEqual([fault])
  })

  test('two people', () => {
    const document = {
      ...observation('d1', { resourceType: 'DocumentReference' }),
      context: { sourcePatientInfo: { reference: 'Patient/p2' } }
    }
    expect(faultsOf(document)).toEqual(['several-subjects DocumentReference.context.sourcePatientInfo'])
  })

  test('the Patient of an appointment is the one whose it is, and no clinician', () => {
    const appointment = (...actors: string[]) => ({
      ...observation('a1', { resourceType: 'Appointment', subject: undefined }),
      participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' }))
    })
    expect(partsIn(appointment('Practitioner/x', 'Patient/p1'))[0]?.subject.local).toEqual(localOf('p1'))
    expect(faultsOf(appointment('Practitioner/x'))).toEqual(['no-subject Appointment.participant.actor'])
    expect(faultsOf(appointment('Patient/p1', 'Patient/p2'))).toEqual([
      'several-subjects Appointment.participant.actor'
    ])
  })
})
