import type { MessagePart } from '@chesil/contracts'
import type { Device, EpisodeOfCare, Flag, Observation, RelatedPerson, Resource, Task } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { type CldColumn, type CldRow, careOf, careToPart } from '../../src/index.ts'
import type { MessageContext } from '../../src/message-context.ts'
import { row } from './reading.ts'

const context: MessageContext = {
  source: {
    id: 'dorset-council',
    odsCode: '810',
    name: 'Dorset Council',
    patientNumberSystem: 'https://chesil.example/fhir/Id/810/patient-number',
    patientNumberAuthorities: []
  },
  receivedAt: '2025-07-05T09:00:00.000Z',
  personId: () => '00000000-0000-4000-8000-000000000001',
  resourceId: (type, name) => `${type}-${Buffer.from(name).toString('hex')}`.slice(0, 64)
}
const validator = createValidator()
const first = { id: 's1', period: { start: '2025-04-01', end: '2025-06-30' }, sequence: 1 }
const second = { id: 's2', period: { start: '2025-07-01', end: '2025-09-30' }, sequence: 2 }
const local = { system: context.source.patientNumberSystem, value: 'P1' }

const map = (rows: readonly CldRow[], submissions = [first]): MessagePart =>
  careToPart(local, careOf(submissions, [{ submissionId: 's1', rows }]), context)

function all<Type extends Resource>(type: Type['resourceType'], part: MessagePart): readonly Type[] {
  const found = part.contribution.entries.flatMap(({ resource }) => resource ?? [])
  for (const resource of found) expect(validator.validate(resource)).toEqual([])
  return found.filter((resource): resource is Type => resource.resourceType === type)
}
const one = <Type extends Resource>(
  type: Type['resourceType'],
  changes: Partial<Record<CldColumn, string>> = {},
  submissions = [first]
): Type => all<Type>(type, map([row(changes)], submissions))[0] as Type

describe('a service', () => {
  test('is care that somebody at a bedside can read', () => {
    const episode = one<EpisodeOfCare>('EpisodeOfCare')
    expect(episode).toMatchObject({
      status: 'active',
      type: [{ text: 'Home support or domiciliary care' }],
      managingOrganization: { display: 'Dorset Council' },
      period: { start: '2024-01-15' }
    })
    expect(episode.text?.div).toContain(
      'Home care, 14 hours a week planned, provided by Shingle Care, commissioned by Dorset Council, as at 30 June 2025.'
    )
    expect(episode.text?.div).toContain('Since 15 January 2024.')
  })

  test('that a later submission does not name is never shown as ended', () => {
    const episode = one<EpisodeOfCare>('EpisodeOfCare', {}, [first, second])
    expect(episode.status).toBe('active')
    expect(episode.period).toEqual({ start: '2024-01-15' })
    expect(episode.extension).toContainEqual({
      url: 'https://chesil.example/fhir/StructureDefinition/not-in-latest-submission',
      extension: [
        { url: 'submissionTo', valueDate: '2025-09-30' },
        { url: 'derivedEnd', valueDate: '2025-06-30' }
      ]
    })
    expect(episode.text?.div).toContain(
      'Not in the council’s submission to 30 September 2025. Whether it has ended is not confirmed.'
    )
  })

  test('that ended is finished; one that is to end later goes on', () => {
    expect(one<EpisodeOfCare>('EpisodeOfCare', { Event_End_Date: '2025-06-30' }).status).toBe('finished')
    expect(one<EpisodeOfCare>('EpisodeOfCare', { Event_End_Date: '2025-07-01' }).status).toBe('active')
  })

  test('of equipment is a device', () => {
    expect(one<Device>('Device', { Service_Component: 'Equipment' })).toMatchObject({
      status: 'active',
      type: { text: 'Equipment' }
    })
  })

  test('with a value that is not listed shows it as text, marked, and says so', () => {
    const episode = one<EpisodeOfCare>('EpisodeOfCare', { Service_Component: 'Befriending <b>' })
    expect(episode.type).toEqual([{ text: 'Befriending <b>' }])
    expect(episode.meta?.tag?.map(({ code }) => code)).toContain('degraded')
    expect(episode.text?.div).toContain('Befriending &lt;b&gt;')
    expect(episode.text?.div).toContain('Not as the national lists have it: Service Component.')
  })
})

describe('the reason for support', () => {
  test('is an item of its own, no problem and no diagnosis', () => {
    const part = map([row()])
    expect(all('Condition', part)).toEqual([])
    expect(all<Observation>('Observation', part)).toMatchObject([
      { code: { text: 'Primary support reason' }, effectiveDateTime: '2025-06-30' }
    ])
  })

  test.each([
    ['asylum', 'Social support: Asylum seeker support'],
    ['substance-misuse', 'Social support: Substance misuse support']
  ])('%s is labelled, and hides no care', (label, Primary_Support_Reason) => {
    const part = map([row({ Primary_Support_Reason })])
    expect(all<Observation>('Observation', part)[0]?.meta?.security).toMatchObject([{ code: label }])
    const [episode] = all<EpisodeOfCare>('EpisodeOfCare', part)
    expect(episode?.meta?.security).toBeUndefined()
    expect(JSON.stringify(episode)).not.toMatch(/asylum|substance/i)
  })
})

test('care in prison is labelled', () => {
  const { meta } = one<EpisodeOfCare>('EpisodeOfCare', { Service_Type: 'Long Term Support: Prison' })
  expect(meta?.security).toMatchObject([{ code: 'prison' }])
})

test('requests, assessments and reviews are what they are, with what came of them', () => {
  const outcome = { Event_Outcome: 'Progress to support planning or services', Event_End_Date: '2025-05-01' }
  const request = row({
    Event_Type: 'Request',
    Request_Route_of_Access: 'Discharge from hospital',
    ...outcome
  })
  const assessment = row({ Event_Type: 'Assessment', Assessment_Type: 'Long term', ...outcome })
  const review = row({ Event_Type: 'Review', Review_Reason: 'Planned', ...outcome })
  const part = map([request, assessment, review])
  expect(all('ServiceRequest', part)).toMatchObject([{ status: 'completed', authoredOn: '2024-01-15' }])
  expect(
    all<Task>('Task', part).map(({ code, output }) => [code?.text, output?.[0]?.valueCodeableConcept?.text])
  ).toEqual([
    ['Long term', 'Progress to support planning or services'],
    ['Review of care and support', 'Progress to support planning or services']
  ])
})

test('needs are told where a submission says yes, and nothing where it says no', () => {
  const part = map([row({ Visual_Impairment: 'Yes', Hearing_Impairment: 'No', Dementia: 'Unknown' })])
  expect(all<Flag>('Flag', part).map(({ code }) => code?.text)).toEqual(['Visual impairment'])
})

test('a carer is shown with whom they care for', () => {
  const part = map([row({ Client_Type: 'Unpaid carer', Adult_1_Linked_Person_ID: 'P7' })])
  expect(all<RelatedPerson>('RelatedPerson', part)).toMatchObject([
    { identifier: [{ value: 'P7' }], relationship: [{ text: 'Person cared for' }] }
  ])
})

test('who is meant: the council’s number, the NHS number as a claim, and no names, for extracts have none', () => {
  expect(map([row()]).subject).toEqual({
    local,
    nhsNumber: '9990000018',
    birthDate: '1950-04-21',
    gender: 'female'
  })
})

test('it speaks whole for what it is a part of: nothing left withdraws all', () => {
  expect(map([]).contribution).toMatchObject({ entries: [], wholeParts: ['client-level-data'] })
})

test('no cost is shown', () => {
  expect(JSON.stringify(map([row()]))).not.toContain('21.50')
})
