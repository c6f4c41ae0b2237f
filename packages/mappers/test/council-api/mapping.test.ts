import type {
  CareTeam,
  EpisodeOfCare,
  Flag,
  Organization,
  Patient,
  Practitioner,
  PractitionerRole,
  RelatedPerson,
  Task
} from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  answer,
  contributionOf,
  isDegraded,
  labelsOf,
  patientId,
  resourceOf,
  resourcesOf
} from './council.ts'

const aboutPatient = { reference: `Patient/${patientId}` }

describe('a service', () => {
  const service = (changes: object) =>
    resourceOf<EpisodeOfCare>('EpisodeOfCare', answer({ services: [{ id: 's1', ...changes }] }))

  test('is care that somebody at a bedside can read', () => {
    const episode = resourceOf<EpisodeOfCare>('EpisodeOfCare')
    expect(episode).toMatchObject({
      status: 'active',
      type: [{ text: 'Home support or domiciliary care' }],
      patient: aboutPatient,
      managingOrganization: { display: 'Dorset Council' },
      period: { start: '2024-01-15' }
    })
    expect(episode.text?.div).toContain(
      'Home care, 14 hours a week planned, provided by Shingle Care, commissioned by Dorset Council, as at 22 November 2026.'
    )
    expect(episode.text?.div).toContain('<p>Since 15 January 2024.</p><p>Mornings and evenings</p>')
    expect(isDegraded(episode)).toBe(false)
  })

  test.each([
    ['that is over has finished', { start: '2024-01-01', end: '2026-11-22' }, 'finished'],
    ['whose end lies ahead goes on', { start: '2024-01-01', end: '2026-11-23' }, 'active'],
    ['that begins later is planned', { start: '2026-11-23' }, 'planned'],
    ['without a date is in force', {}, 'active']
  ])('%s', (_case, changes, status) => {
    expect(service(changes).status).toBe(status)
  })

  test('in words that are on no list stays text, and is degraded', () => {
    const episode = service({ component: 'Pet therapy (owl)' })
    expect(episode.type).toEqual([{ text: 'Pet therapy (owl)' }])
    expect(isDegraded(episode)).toBe(true)
  })

  test.each([
    [{ start: '31/02/2026' }, 'start could not be read: 31/02/2026.'],
    [{ start: '2026-05-01', end: '2026-04-01' }, 'It is said to have ended on 1 April 2026, before it began.']
  ])('with a date that cannot be lands, and says so: %o', (changes, words) => {
    const episode = service(changes)
    expect(episode.text?.div).toContain(words)
    expect(isDegraded(episode)).toBe(true)
    expect(episode.period?.end).toBeUndefined()
  })

  test.each([
    ['in prison', { type: 'Long term support: Prison' }, 'prison'],
    [
      'whose provider says more of the person',
      { provider: 'Drug and Alcohol Recovery Ltd' },
      'substance-misuse'
    ],
    ['whose description does', { description: 'Support for asylum seekers' }, 'asylum']
  ])('%s is labelled so', (_case, changes, label) => {
    expect(labelsOf(service(changes))).toEqual([label])
  })
})

describe('people', () => {
  test('of the person’s own are related persons, carers among them', () => {
    expect(resourceOf<RelatedPerson>('RelatedPerson')).toMatchObject({
      active: true,
      patient: aboutPatient,
      relationship: [{ text: 'Daughter' }, { text: 'Unpaid carer' }],
      name: [{ text: 'Ruth Marsh' }],
      telecom: [{ system: 'phone', value: '01632 960123' }]
    })
  })

  test('of the council are a team of the key worker and the worker’s team', () => {
    const team = resourceOf<CareTeam>('CareTeam')
    const worker = resourceOf<Practitioner>('Practitioner')
    const role = resourceOf<PractitionerRole>('PractitionerRole')
    const [council, unit] = resourcesOf<Organization>('Organization')
    expect(team).toMatchObject({
      status: 'active',
      name: 'Locality team east',
      subject: aboutPatient,
      participant: [
        { role: [{ text: 'Key worker' }], member: { reference: `PractitionerRole/${role.id}` } },
        { role: [{ text: 'Team' }], member: { reference: `Organization/${unit?.id}` } }
      ],
      managingOrganization: [{ reference: `Organization/${council?.id}` }],
      telecom: [{ value: '01632 960125' }]
    })
    expect(team.text?.div).toContain('Key worker: Jo Tern, Social worker, 01632 960124')
    expect(role).toMatchObject({
      practitioner: { reference: `Practitioner/${worker.id}`, display: 'Jo Tern' },
      organization: { reference: `Organization/${unit?.id}` },
      code: [{ text: 'Social worker' }],
      telecom: [{ value: '01632 960124' }]
    })
  })

  test('may be a key worker without a team, a team without one, or nobody', () => {
    expect(resourceOf<CareTeam>('CareTeam', answer({ team: undefined })).participant).toHaveLength(1)
    expect(resourceOf<CareTeam>('CareTeam', answer({ keyWorker: undefined })).name).toBe('Locality team east')
    expect(resourcesOf('CareTeam', answer({ team: undefined, keyWorker: undefined }))).toEqual([])
  })

  test('whose team says more of the person are labelled', () => {
    const said = answer({ team: { id: 't1', name: 'Drug and alcohol team' } })
    expect(labelsOf(resourceOf('CareTeam', said))).toEqual(['substance-misuse'])
    expect(labelsOf(resourcesOf('Organization', said)[1] as Organization)).toEqual(['substance-misuse'])
  })
})

test('a review that is due is a task by a day', () => {
  const task = resourceOf<Task>('Task')
  expect(task).toMatchObject({
    status: 'requested',
    intent: 'plan',
    code: { text: 'Annual review' },
    for: aboutPatient,
    restriction: { period: { end: '2027-03-01' } }
  })
  expect(task.text?.div).toContain('Annual review by Dorset Council is due by 1 March 2027')
})

describe('a warning', () => {
  const warning = (changes: object) =>
    resourceOf<Flag>('Flag', answer({ warnings: [{ id: 'g1', ...changes }] }))

  test('is a flag in the council’s words', () => {
    expect(resourceOf<Flag>('Flag')).toMatchObject({
      status: 'active',
      category: [{ coding: [{ code: 'dog' }], text: 'Dog' }],
      code: { text: 'Large dog: ring before you come' },
      subject: aboutPatient,
      period: { start: '2023-05-01' },
      author: { display: 'Dorset Council' }
    })
  })

  test.each([
    ['dog', 'Ring first', ['home-warning']],
    ['two-to-visit', 'Threats', ['home-warning']],
    ['violence', 'Threats', ['home-warning']],
    ['home-access', 'Key safe', ['home-warning']],
    ['safeguarding', 'Enquiry open', ['safeguarding']],
    ['asylum', 'Claim pending', ['asylum']],
    ['substance-misuse', 'Known to a clinic', ['substance-misuse']],
    ['prison', 'Released in May', ['prison']],
    ['other', 'Falls: leave the frame in reach', []],
    ['other', 'Never visit alone', ['home-warning']],
    ['violence', 'When he has had alcohol', ['home-warning', 'substance-misuse']]
  ])('of %s (%s) is labelled %o', (category, text, labels) => {
    expect(labelsOf(warning({ category, text }))).toEqual(labels)
  })

  test('of a category that nobody knows is shown as it is, and labelled all the same', () => {
    const flag = warning({ category: 'geese', text: 'A flock' })
    expect(flag).toMatchObject({ category: [{ text: 'geese' }], code: { text: 'A flock' } })
    expect([isDegraded(flag), labelsOf(flag)]).toEqual([true, ['home-warning']])
  })

  test('that is over is inactive', () => {
    expect(warning({ category: 'dog', text: 'Gone', end: '2026-11-21' }).status).toBe('inactive')
  })
})

test('the person as the council knows them is a claim beside what PDS says', () => {
  const patient = resourceOf<Patient>('Patient')
  expect(patient).toMatchObject({
    identifier: [
      { value: '9000000009' },
      { system: 'https://chesil.example/fhir/Id/810/patient-number', value: '2004817' }
    ],
    link: [{ other: aboutPatient, type: 'refer' }]
  })
  expect(patient.meta?.tag).toContainEqual(expect.objectContaining({ code: 'source-claim' }))
})

test('every item says as at when, who said it, and is named after the person', () => {
  const { entries } = contributionOf(answer())
  for (const { sourceResourceId, resource } of entries) {
    expect(sourceResourceId).toMatch(/^(Patient\/2004817$|2004817\|)/)
    expect(resource?.meta?.tag).toContainEqual(expect.objectContaining({ code: 'dorset-council-api' }))
    if (resource?.resourceType === 'EpisodeOfCare')
      expect(resource.extension).toContainEqual({
        url: 'https://chesil.example/fhir/StructureDefinition/as-at',
        valueDate: '2026-11-22'
      })
  }
})
