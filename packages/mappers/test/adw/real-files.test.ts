import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { referencesIn } from '../asking.ts'
import { after, landed, map, ordersOf, read, tell } from './message.ts'

/** Published messages about one synthetic stay. They are other people's, and stay where they are. */
const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/adw')
const orSkip = 'these tests read messages from ../shared/data, and are skipped where that folder is absent'
const textOf = (file: string): string =>
  readFileSync(path.join(folder, `ADW-Message-${file}-Bundle-1-Example-1.xml`), 'utf8')

const request = 'referral/311fcae7-32a7-4a8e-a15c-eebae3a246b9'
const assessment = `${request}|assessment|V396BB`
const discharge = `${request}|discharge|V396BB`
const stay = 'encounter/2562b8b6-c0db-424a-8c6b-0fa43b0d6c2f'

/** What comes of each: what it says, its items, how they stand, and what a reader is told was not mapped. */
const files = [
  ['Admission-Notice', 'admission', { [stay]: 'in-progress' }, []],
  ['Assessment-Notice', 'request', { [assessment]: 'requested', [stay]: 'in-progress' }, []],
  ['Assessment-Notice-Accept-Response', 'accept', { [assessment]: 'accepted', [stay]: 'unknown' }, []],
  ['Assessment-Notice-Reject-Response', 'reject', { [assessment]: 'rejected', [stay]: 'unknown' }, []],
  ['Discharge-Notice', 'request', { [discharge]: 'requested', [stay]: 'in-progress' }, ['documents']],
  ['Discharge-Notice-Reject-Response', 'reject', { [discharge]: 'rejected', [stay]: 'unknown' }, []],
  [
    'Withdrawal-Notice-Accept-Response',
    'accept-withdrawal',
    { [assessment]: 'cancelled', [stay]: 'unknown' },
    []
  ],
  [
    'Withdrawal-Notice-Reject-Response',
    'reject-withdrawal',
    { [assessment]: 'cancelled', [stay]: 'unknown' },
    []
  ]
] as const
const all = files.map(([file]) => file)
const statutory =
  /care act|schedule 3|section [25]\b|assessment notice|discharge notice|delayed|fine\b|reimburse/i

describe.skipIf(!existsSync(folder))(`Notices (${orSkip})`, () => {
  const validator = createValidator({ prepare: ['Task', 'Encounter'] })

  test.each(files)('%s', (file, says, statuses, notMapped) => {
    const message = read(textOf(file))
    expect(message.event?.says).toBe(says)
    const { contribution, subject } = tell(textOf(file))
    expect(contribution.mode).toBe('delta')
    const items = contribution.entries.map((entry) => [entry.sourceResourceId, landed(entry)['status']])
    expect(Object.fromEntries(items)).toEqual(statuses)
    expect(contribution.quarantined.flatMap(({ sections }) => sections)).toEqual(notMapped)
    expect(subject).toEqual({
      local: { system: 'https://hospital.example/number', value: 'A1234521' },
      nhsNumber: '9413946000',
      birthDate: '1941-11-01',
      family: 'Jones',
      given: ['Barry'],
      gender: 'male'
    })
  })

  test.each(all)('%s maps to valid R4', (file) => {
    const items = tell(textOf(file)).contribution.entries.map(landed)
    expect(items.flatMap((item) => validator.validate(item as never))).toEqual([])
  })

  test.each(all)('%s: every reference leads to an item of it, or to the person', (file) => {
    const items = tell(textOf(file)).contribution.entries.map(landed)
    const there = new Set(items.map((item) => `${item['resourceType']}/${item['id']}`))
    const dead = items
      .flatMap(referencesIn)
      .filter((name) => !there.has(name) && !name.startsWith('Patient/'))
    expect(dead).toEqual([])
  })

  test.each(all)('%s maps to the same twice', (file) => {
    expect(map(textOf(file))).toEqual(map(textOf(file)))
  })

  test.each(all)('%s: no words of a law that is not in force any more', (file) => {
    expect(JSON.stringify(tell(textOf(file)).contribution)).not.toMatch(statutory)
  })

  test('the request for an assessment keeps who asked whom, why, by when, and what the person was asked', () => {
    expect(after([textOf('Assessment-Notice')])[assessment]).toMatchObject({
      code: { text: 'Assessment of care and support needs before leaving hospital' },
      description:
        'On 1 May 2017 the hospital asked the council to assess what care and support the person needs. Discharge was then planned for 12 May 2017.',
      authoredOn: '2017-05-01T15:02:11+00:00',
      requester: {
        type: 'Practitioner',
        display: 'Leticia Gulliver, Discharge co-ordinator, Hebburn Hospital'
      },
      owner: { type: 'Organization', identifier: { value: 'V396BB' }, display: 'Hebburn Council' },
      reasonCode: { text: 'Patient admitted as inpatient with chest pain.' },
      restriction: { period: { end: '2017-05-12' } },
      note: [{ text: expect.stringContaining('history of minor strokes') }],
      input: [
        {
          type: { text: 'Was the person asked before this request was made?' },
          valueCodeableConcept: { text: 'Yes' }
        },
        { type: { text: 'Was the person’s carer asked before this request was made?' } },
        { type: { text: 'Are there safeguarding concerns?' }, valueCodeableConcept: { text: 'No' } },
        { type: { text: 'Does the person agree to this request?' } },
        { type: { text: 'Who agreed in the person’s place?' } },
        { type: { text: 'Was NHS continuing healthcare considered?' } },
        { valueString: expect.stringContaining('eligible for CHC funding') }
      ]
    })
  })

  test('the stay has ward, hospital, consultant and reason, and no end: discharge is planned', () => {
    const encounter = after([textOf('Assessment-Notice'), textOf('Discharge-Notice')])[stay]
    expect(encounter).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      extension: [{ valueDateTime: '2017-05-06', url: expect.stringContaining('Encounter.plannedEndDate') }],
      location: [{ location: { display: 'Collier Ward' }, status: 'active' }],
      serviceProvider: { identifier: { value: 'RFM8C2' }, display: 'Hebburn Hospital' },
      participant: [{ individual: { display: 'Nigel Stibbs, Consultant, Hebburn Hospital' } }],
      reasonCode: [{ text: 'Chest pain, shortness of breath, nausea' }],
      priority: { text: 'Emergency' }
    })
    expect(encounter?.['period']).toEqual({ start: '2017-04-24' })
  })

  test('a council tells its team and its reason', () => {
    expect(
      after([textOf('Discharge-Notice'), textOf('Discharge-Notice-Reject-Response')])[discharge]
    ).toMatchObject({
      status: 'rejected',
      businessStatus: { text: 'Not accepted by the council' },
      statusReason: { text: expect.stringMatching(/^Social Services cannot confirm agreement/) },
      owner: {
        display: "Hebburn Social Services' Community Team, Hebburn Council",
        identifier: { value: 'V396BB' }
      },
      description: expect.stringContaining('Discharge was then planned for 6 May 2017.')
    })
  })

  test('what a council says of a stay counts for nothing: the stay is as the hospital had it', () => {
    const encounter = after([textOf('Admission-Notice'), textOf('Withdrawal-Notice-Reject-Response')])[stay]
    expect(encounter).toMatchObject({
      status: 'in-progress',
      location: [{ location: { display: 'Collier Ward' } }]
    })
  })

  test('all of them come to one state in whatever order they arrive, and however often', () => {
    const texts = [
      ...['Assessment-Notice', 'Assessment-Notice-Accept-Response', 'Discharge-Notice'],
      ...['Discharge-Notice-Reject-Response', 'Withdrawal-Notice-Accept-Response']
    ].map(textOf)
    const expected = after(texts)
    expect(expected[assessment]?.['status']).toBe('accepted')
    for (const order of ordersOf(texts)) expect(after([...order, ...order.slice(0, 2)])).toEqual(expected)
  })
})
