import { createHash } from 'node:crypto'
import type { MessagePart } from '@chesil/contracts'
import type {
  Device,
  EpisodeOfCare,
  Flag,
  Organization,
  RelatedPerson,
  Resource,
  ServiceRequest,
  Task
} from '@chesil/fhir'
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
  resourceId: (type, name) => createHash('sha256').update(`${type} ${name}`).digest('hex').slice(0, 36)
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

const labelsOf = (resource: Resource | undefined) => resource?.meta?.security?.map(({ code }) => code) ?? []
const flagsOf = (part: MessagePart, category: RegExp): readonly Flag[] =>
  all<Flag>('Flag', part).filter(({ category: [is] = [] }) => category.test(is?.text ?? ''))
const textOf = (resource: { readonly text?: { readonly div?: string } } | undefined) =>
  resource?.text?.div?.replaceAll(/<[^<>]*>/g, '\n') ?? ''

describe('the reason for support', () => {
  test('is an item of its own, no problem and no diagnosis', () => {
    const part = map([row()])
    expect(all('Condition', part)).toEqual([])
    expect(flagsOf(part, /support reason/)).toMatchObject([
      { code: { text: 'Physical support: Personal care support' }, extension: [{ valueDate: '2025-06-30' }] }
    ])
  })

  test.each([
    ['asylum', 'Social support: Asylum seeker support'],
    ['substance-misuse', 'Social support: Substance misuse support']
  ])('%s is labelled, and hides no care', (label, Primary_Support_Reason) => {
    const part = map([row({ Primary_Support_Reason })])
    expect(labelsOf(flagsOf(part, /support reason/)[0])).toEqual([label])
    const [episode] = all<EpisodeOfCare>('EpisodeOfCare', part)
    expect(labelsOf(episode)).toEqual([])
    expect(JSON.stringify(episode)).not.toMatch(/asylum|substance/i)
  })

  test('is that of the person, not of the carer whom the person also is', () => {
    const carer = row({
      Client_Type: 'Unpaid carer',
      Event_Start_Date: '2025-06-01',
      Primary_Support_Reason: 'Social support: Support to unpaid carer'
    })
    expect(flagsOf(map([row(), carer]), /support reason/)[0]?.code.text).toMatch(/Personal care/)
    expect(flagsOf(map([carer]), /support reason/)[0]?.code.text).toMatch(/unpaid carer/)
  })

  test('is the latest that is known', () => {
    const later = { Event_Start_Date: '2025-06-01' }
    const said = (Primary_Support_Reason: string) =>
      flagsOf(map([row(), row({ ...later, Primary_Support_Reason })]), /support reason/)[0]?.code.text
    expect(said('Mental health support')).toBe('Mental health support')
    expect(said('Unknown')).toBe('Physical support: Personal care support')
    expect(said('')).toBe('Physical support: Personal care support')
  })
})

describe('labels stand on what is shown', () => {
  test.each([
    ['prison', { Service_Type: 'Long Term Support: Prison' }],
    ['substance-misuse', { Service_Component: 'Drug and alcohol rehabilitation' }],
    ['asylum', { Service_Component: 'Asylum seeker accommodation' }]
  ])('%s: a service that is so by what it is', (label, changes) => {
    expect(labelsOf(one<EpisodeOfCare>('EpisodeOfCare', changes))).toEqual([label])
  })

  test('a request by way of a prison, and one about a dog', () => {
    const request = { Event_Type: 'Request', Event_End_Date: '2025-05-01' }
    expect(labelsOf(one('ServiceRequest', { ...request, Request_Route_of_Access: 'Prison' }))).toEqual([
      'prison'
    ])
    const about = { ...request, Event_Description: 'Large dog: two to visit' }
    expect(labelsOf(one('ServiceRequest', about))).toEqual(['home-warning'])
  })

  test('a review because of a safeguarding concern', () => {
    const review = { Event_Type: 'Review', Event_End_Date: '2025-05-01' }
    const because = { ...review, Review_Reason: 'Unplanned - Safeguarding concern' }
    expect(labelsOf(one('Task', because))).toEqual(['safeguarding'])
    expect(labelsOf(one('Task', { ...review, Review_Reason: 'Planned' }))).toEqual([])
  })

  test.each([
    ['home-warning', 'Large dog: two to visit'],
    ['prison', 'Husband is in prison'],
    ['safeguarding', 'Safeguarding enquiry open']
  ])('%s: words beside a service are an item of their own, and the service stays open', (label, words) => {
    for (const Service_Component of ['Home support', 'Equipment']) {
      const part = map([row({ Service_Component, Event_Description: words })])
      const [note] = flagsOf(part, /^Noted/)
      expect(note).toMatchObject({ status: 'active', code: { text: words } })
      expect(labelsOf(note)).toEqual([label])
      const service = all<EpisodeOfCare | Device>(
        Service_Component === 'Equipment' ? 'Device' : 'EpisodeOfCare',
        part
      )[0]
      expect(labelsOf(service)).toEqual([])
      expect(JSON.stringify(service)).not.toContain(words)
    }
  })

  test('so is a provider that says too much: the service names it by reference alone', () => {
    const part = map([row({ Provider_CQC_Location_Name: 'HMP Portland' })])
    const prison = all<Organization>('Organization', part).find(({ name }) => name === 'HMP Portland')
    expect(labelsOf(prison)).toEqual(['prison'])
    const [episode] = all<EpisodeOfCare>('EpisodeOfCare', part)
    expect(labelsOf(episode)).toEqual([])
    expect(JSON.stringify(episode)).not.toContain('HMP')
    expect(JSON.stringify(episode)).toContain(`Organization/${prison?.id}`)
  })
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

describe('a need', () => {
  const needsIn = (...rows: readonly CldRow[]) => flagsOf(map(rows), /^Need/).map(({ code }) => code.text)

  test.each([
    ['Visual_Impairment', 'Yes', 'Visual impairment'],
    [
      'Visual_Impairment',
      'Blind/severely sight impaired',
      'Visual impairment: Blind/severely sight impaired'
    ],
    ['Visual_Impairment', 'No useful sight', 'Visual impairment: No useful sight'],
    ['Hearing_Impairment', 'Deaf with speech', 'Hearing impairment: Deaf with speech'],
    ['Dementia', 'y', 'Dementia'],
    ['Autism_Spectrum_Disorder_ASD', '1', 'Autism'],
    ['Has_Unpaid_Carer', 'TRUE', 'Has an unpaid carer']
  ] as const)('%s: %s', (column, said, shown) => {
    expect(needsIn(row({ [column]: said }))).toEqual([shown])
  })

  test.each([
    'No',
    'N',
    '0',
    'No visual impairment',
    'None',
    'Not applicable',
    'Unknown',
    'Not known',
    'Not recorded',
    'No data: Undeclared or not known',
    'NULL',
    'N/A',
    ''
  ])('is none: %s', (said) => {
    expect(needsIn(row({ Visual_Impairment: said }))).toEqual([])
  })

  const later = { Event_Start_Date: '2025-06-01' }
  test('is what the latest row says that fills its column', () => {
    const blind = row({ Visual_Impairment: 'Yes' })
    expect(needsIn(blind, row({ ...later, Hearing_Impairment: 'Yes' }))).toHaveLength(2)
    expect(needsIn(blind, row({ ...later, Visual_Impairment: 'Unknown' }))).toEqual(['Visual impairment'])
    expect(needsIn(blind, row({ ...later, Visual_Impairment: 'No' }))).toEqual([])
  })

  test('is not told by the row of a carer where the person’s own says otherwise', () => {
    const carer = row({ ...later, Client_Type: 'Carer', Dementia: 'No' })
    expect(needsIn(row({ Dementia: 'Yes' }), carer)).toEqual(['Dementia'])
    expect(needsIn(row({ Client_Type: 'Carer', Dementia: 'Yes' }))).toEqual(['Dementia'])
  })
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

describe('who is meant is what one row says', () => {
  const earlier = { Event_Start_Date: '2023-01-01' }
  const claimOf = (...rows: readonly CldRow[]) => map(rows).subject

  test('the latest that has a number, and nothing is filled in from another', () => {
    const other = row({ ...earlier, NHS_Number: '', Date_of_Birth: '1961-01-01', Gender: 'Male' })
    expect(claimOf(other, row({ Date_of_Birth: '', Gender: '' }))).toEqual({ local, nhsNumber: '9990000018' })
    const late = row({
      NHS_Number: '',
      Date_of_Birth: '1961-01-01',
      Gender: 'Male',
      Event_Start_Date: '2025-05-01'
    })
    expect(claimOf(row(), late)).toMatchObject({ birthDate: '1950-04-21', gender: 'female' })
  })

  test('without any number the latest', () => {
    expect(claimOf(row({ NHS_Number: '' }))).toEqual({ local, birthDate: '1950-04-21', gender: 'female' })
  })

  test('two numbers in one submission are nobody’s', () => {
    expect(claimOf(row(), row({ ...earlier, NHS_Number: '9990000026' }))).toEqual({ local })
  })

  test('a number that was corrected since is no second one', () => {
    const events = careOf(
      [first, second],
      [
        { submissionId: 's1', rows: [row({ NHS_Number: '9990000026' })] },
        { submissionId: 's2', rows: [row({ Event_Start_Date: '2025-08-01' })] }
      ]
    )
    expect(careToPart(local, events, context).subject.nhsNumber).toBe('9990000018')
  })

  test('a number that somebody filled in is none', () => {
    expect(claimOf(row({ NHS_Number: '4444444444' }))).not.toHaveProperty('nhsNumber')
  })
})

describe('what is said in words', () => {
  const words = (changes: Partial<Record<CldColumn, string>>, submissions = [first]) =>
    textOf(one<EpisodeOfCare>('EpisodeOfCare', changes, submissions))

  test('hours are only what is counted by the hour', () => {
    expect(words({})).toContain('14 hours a week planned')
    for (const Cost_Frequency_Unit_Type of ['', 'Weekly', 'Per session', '21.50 hourly'])
      expect(words({ Cost_Frequency_Unit_Type })).toContain('14 units a week planned')
    expect(words({ Planned_units_per_week: '1' })).toContain('1 hour a week planned')
  })

  test.each(['-3', 'lots', '1e9'])('a number that cannot be (%s) is not shown, but that it came', (said) => {
    const episode = one<EpisodeOfCare>('EpisodeOfCare', { Planned_units_per_week: said })
    expect(textOf(episode)).not.toContain(said)
    expect(textOf(episode)).toContain('Sent as what is no number of this: Planned units per week.')
    expect(JSON.stringify(episode.extension)).not.toContain('planned-units')
  })

  test('a service that is to begin is planned', () => {
    const changes = { Event_Start_Date: '2025-07-15' }
    expect(one<EpisodeOfCare>('EpisodeOfCare', changes).status).toBe('planned')
    expect(words(changes)).toContain('Planned from 15 July 2025.')
    expect(words({ Event_Start_Date: '2025-06-30' })).toContain('Since 30 June 2025.')
    expect(one<Device>('Device', { ...changes, Service_Component: 'Equipment' })).toMatchObject({
      status: 'inactive',
      statusReason: [{ coding: [{ code: 'not-ready' }] }]
    })
    expect(one<Task>('Task', { ...changes, Event_Type: 'Assessment' }).status).toBe('requested')
  })

  test('a day that stands for never is no end, and is shown as sent', () => {
    expect(words({ Event_End_Date: '9999-12-31' })).toContain('End as sent: 9999-12-31.')
    expect(one<EpisodeOfCare>('EpisodeOfCare', { Event_End_Date: '9999-12-31' }).status).toBe('active')
  })

  test('what began after a death says so', () => {
    expect(words({ Date_of_Death: '2023-12-01' })).toContain('the council says, the person died.')
  })
})

describe('what a later submission does not name', () => {
  const extensionOf = (resource: { readonly extension?: readonly unknown[] }) =>
    JSON.stringify(resource.extension)

  test('has a derived end only as a service whose end nobody said', () => {
    const planned = one<EpisodeOfCare>('EpisodeOfCare', { Event_End_Date: '2025-08-01' }, [first, second])
    expect(extensionOf(planned)).toContain('submissionTo')
    expect(extensionOf(planned)).not.toContain('derivedEnd')
    expect(textOf(planned)).toContain('Not in the council’s submission to 30 September 2025.')
    expect(textOf(planned)).not.toContain('confirmed')
  })

  test('is told without contradiction where both speak to one day', () => {
    const year = { id: 's3', period: { start: '2025-01-01', end: '2025-06-30' }, sequence: 3 }
    const episode = one<EpisodeOfCare>('EpisodeOfCare', {}, [first, year])
    expect(extensionOf(episode)).not.toContain('derivedEnd')
    expect(textOf(episode)).toContain(
      'Named in one of the council’s submissions to 30 June 2025, and not in the one that was sent last. Whether it has ended is not confirmed.'
    )
  })
})

describe('rows of one event', () => {
  test('are all told: each provider, its units and its description', () => {
    const part = map([
      row({ Event_Description: 'Mornings', Planned_units_per_week: '7' }),
      row({
        Event_Description: 'Evenings',
        Provider_CQC_Location_Name: 'Pebble Care',
        Provider_CQC_Location_ID: '1-2'
      })
    ])
    const [episode, ...others] = all<EpisodeOfCare>('EpisodeOfCare', part)
    expect(others).toEqual([])
    expect(textOf(episode)).toContain('Home care: Mornings, 7 hours a week planned, provided by Shingle Care')
    expect(textOf(episode)).toContain('Home care: Evenings, 14 hours a week planned, provided by Pebble Care')
    const valuesOf = (name: string) =>
      episode?.extension?.flatMap(({ url, valueDecimal, valueString, valueReference }) =>
        url?.endsWith(`/${name}`) ? [valueDecimal ?? valueString ?? valueReference?.display] : []
      )
    expect(valuesOf('planned-units-per-week')).toEqual([7, 14])
    expect(valuesOf('description')).toEqual(['Mornings', 'Evenings'])
    expect(valuesOf('care-provider')).toEqual(['Shingle Care', 'Pebble Care'])
    expect(all<Organization>('Organization', part).map(({ name }) => name)).toContain('Pebble Care')
  })

  test('have ended when the last has', () => {
    const rows = [row({ Event_End_Date: '2025-05-01' }), row({ Planned_units_per_week: '7' })]
    const [episode] = all<EpisodeOfCare>('EpisodeOfCare', map(rows))
    expect(episode).toMatchObject({ status: 'active', period: { start: '2024-01-15' } })
    expect(textOf(episode)).toMatch(
      /14 hours[^\n]*\n+From 15 January 2024 to 1 May 2025\.\n+[^\n]*7 hours[^\n]*\n+Since/
    )
  })

  test('of equipment are a thing each', () => {
    const things = ['Hospital bed', 'Commode', 'commode'].map((Event_Description, n) =>
      row({ Service_Component: 'Equipment', Event_Description, Planned_units_per_week: String(n) })
    )
    const devices = all<Device>('Device', map(things))
    expect(devices.map(({ note }) => note?.map(({ text }) => text))).toEqual([
      ['Hospital bed'],
      ['Commode', 'commode']
    ])
    expect(new Set(devices.map(({ id }) => id)).size).toBe(2)
  })
})

test('what came of a review and what an assessment found are all told', () => {
  const ended = { Event_End_Date: '2025-05-01', Event_Outcome: 'Continuation of support or services' }
  const outputsOf = (changes: Partial<Record<CldColumn, string>>) =>
    one<Task>('Task', { ...ended, ...changes }).output?.map(({ type, valueCodeableConcept }) => [
      type.text,
      valueCodeableConcept?.text,
      valueCodeableConcept?.coding?.length ?? 0
    ])
  expect(outputsOf({ Event_Type: 'Review', Review_Outcomes_Achieved: 'Fully achieved' })).toEqual([
    ['Outcome', 'Continuation of support or services', 1],
    ['Outcomes achieved', 'Fully achieved', 0]
  ])
  expect(outputsOf({ Event_Type: 'Assessment', Eligible_Needs_Identified: 'Yes' })).toEqual([
    ['Outcome', 'Continuation of support or services', 1],
    ['Eligible needs identified', 'Yes', 0]
  ])
})

test('only what a release lists has a code', () => {
  const request = { Event_Type: 'Request', Event_End_Date: '2025-05-01' }
  const codesOf = (Request_Route_of_Access: string) =>
    one<ServiceRequest>('ServiceRequest', { ...request, Request_Route_of_Access }).extension?.flatMap(
      ({ valueCodeableConcept }) => valueCodeableConcept?.coding ?? []
    )
  expect(codesOf('Discharge from Hospital')).toMatchObject([{ code: 'Discharge from hospital' }])
  expect(codesOf('By pigeon')).toEqual([])
})

test('it speaks whole for what it is a part of: nothing left withdraws all', () => {
  expect(map([]).contribution).toMatchObject({ entries: [], wholeParts: ['client-level-data'] })
})

test('no cost is shown', () => {
  expect(JSON.stringify(map([row()]))).not.toContain('21.50')
})
