import { describe, expect, test } from 'vitest'
import {
  type Answers,
  alert,
  answer,
  areHere,
  bundle,
  entriesOf,
  faultsIn,
  filledIn,
  group,
  itemOf,
  itemsOf,
  labelsOf,
  map,
  orSkip,
  patient,
  personId,
  posted,
  published,
  read,
  response,
  tagsOf,
  tell
} from './answering.ts'

const by = (section: string, name: string, role: string): Answers => ({
  [`${section}/Person completing record/Name`]: name,
  [`${section}/Person completing record/Role`]: role
})
const toAct = 'Care and support plan/Needs, concerns or problems/Goals and hopes/Actions and activities'
const contact = 'Personal contacts/Personal contacts record entry'
const professional = 'Professional contacts/Professional contacts record entry'
const service = 'Services and care/Services and care record entry'

/** Made up. */
const record: readonly Answers[] = [
  {
    'About me/My wellness/My wellness': 'I walk each day',
    'Alerts/Alerts record entry/Alert': 'Latex allergy',
    'Individual requirements/Cognition/Cognition': 'Needs time to answer',
    'Legal information/Mental capacity assessment/Mental capacity assessment': 'Has capacity',
    'Risks/Risks/Risk': 'Falls on stairs',
    'Risks/Risks/Start date of risk': '2026-01-05',
    'Risks/Risks/End date of risk': '2026-03-01',
    ...by('Safeguarding/Safeguarding concerns', 'Kim Lee', 'Social worker'),
    'Safeguarding/Safeguarding concerns/Safeguarding concerns/Free text': 'Money taken by a neighbour',
    'Safeguarding/Safeguarding concerns/Safeguarding concerns date': '2026-10-01',
    'Safeguarding/Child protection plan/Child protection plan start date': '2026-09-01'
  },
  { 'Alerts/Alerts record entry/Alert': 'Two to visit: dog in the hall' },
  {
    'Care and support plan/Needs, concerns or problems/Free text': 'Getting out of bed',
    'Care and support plan/Date this plan was last updated': '2026-10-10',
    [`${toAct}/What/Free text`]: 'Hoist',
    [`${toAct}/Status/Free text`]: 'In progress',
    [`${toAct}/When`]: 'Each morning',
    ...by('Care and support plan', 'Jo Bloggs', 'Key worker'),
    'Contingency/safety plans/Contingency plan name/Free text': 'If Ann is ill',
    'Contingency/safety plans/What should happen/Free text': 'Ring the night team',
    'Contingency/safety plans/Trigger factors/Free text': 'Ann does not answer'
  },
  {
    [`${contact}/Name`]: 'Ann Marsh',
    [`${contact}/Relationship`]: 'Sister',
    [`${contact}/Contact details`]: '01305 000000'
  },
  { [`${contact}/Name`]: 'Bob Marsh', [`${contact}/Relationship`]: 'Brother' },
  {
    [`${professional}/Name`]: 'Jo Bloggs',
    [`${professional}/Role`]: 'Social worker',
    [`${professional}/Key worker`]: 'Yes',
    [`${professional}/Team`]: 'Adults West',
    [`${professional}/Start date`]: '2025-02-03'
  },
  {
    [`${service}/Social care package name`]: 'Home care',
    [`${service}/Service start date`]: '2026-02-01',
    [`${service}/Local authority/Free text`]: 'A council',
    [`${service}/Care funding source`]: 'Direct payment'
  },
  {
    [`${service}/Social care package name`]: 'Reablement',
    [`${service}/Service start date`]: '2025-12-01',
    [`${service}/Service end date`]: '2026-01-15'
  }
]

describe.skipIf(!areHere)(`The Core Information Standard as PRSB published it (${orSkip})`, () => {
  const questionnaire = () => published('Core_information_standard_FHIR_Questionnaire.json.gz')
  const json = () => bundle(patient(), response(filledIn(questionnaire(), ...record)))

  test('lands whole and valid', () => {
    const content = read(json())
    expect(content.kind).toBe('core-information-standard')
    const counts: Record<string, number> = {}
    for (const { resourceType } of entriesOf(json())) counts[resourceType] = (counts[resourceType] ?? 0) + 1
    expect(counts).toEqual({
      CarePlan: 2,
      CareTeam: 1,
      EpisodeOfCare: 2,
      Flag: 5,
      Patient: 1,
      QuestionnaireResponse: 3,
      RelatedPerson: 2
    })
    expect(faultsIn(json())).toEqual([])
  })

  test('every answer is in one of its responses', () => {
    const kept = JSON.stringify(itemsOf(json(), 'QuestionnaireResponse'))
    for (const words of record.flatMap((answers) => Object.values(answers)))
      expect(kept).toContain(JSON.stringify(words))
  })

  test('what is labelled is not in the open response', () => {
    const [open, safeguarding, home] = itemsOf(json(), 'QuestionnaireResponse')
    expect([open, safeguarding, home].map((item) => labelsOf(item ?? {}))).toEqual([
      [],
      ['safeguarding'],
      ['home-warning']
    ])
    const words = JSON.stringify(open)
    expect(words).toContain('Has capacity')
    for (const hidden of ['neighbour', 'Child protection', 'dog']) expect(words).not.toContain(hidden)
    expect(JSON.stringify(safeguarding)).toContain('Money taken by a neighbour')
    expect(JSON.stringify(home)).not.toContain('Latex')
  })

  test('warnings are flags, labelled by what they are about', () => {
    const flags = itemsOf(json(), 'Flag').map((flag) => [
      flag['category'][0].text,
      flag['code'].text,
      flag['status'],
      labelsOf(flag)
    ])
    expect(flags.sort()).toEqual([
      ['Alerts', 'Latex allergy', 'active', []],
      ['Alerts', 'Two to visit: dog in the hall', 'active', ['home-warning']],
      ['Child protection plan', 'Child protection plan', 'active', ['safeguarding']],
      ['Risks', 'Falls on stairs', 'inactive', []],
      ['Safeguarding concerns', 'Money taken by a neighbour', 'active', ['safeguarding']]
    ])
  })

  test('a flag says since when and by whom', () => {
    const flag = itemsOf(json(), 'Flag').find(({ code }) => code.text.startsWith('Money'))
    expect(flag).toMatchObject({
      subject: { reference: `Patient/${personId}` },
      period: { start: '2026-10-01' },
      author: { display: 'Kim Lee, Social worker' }
    })
    expect(tagsOf(flag ?? {})).toEqual(['council-prsb', 'alerts'])
  })

  test('plans are plans', () => {
    const [care, contingency] = itemsOf(json(), 'CarePlan').sort((a, b) => (a['title'] < b['title'] ? -1 : 1))
    expect(care).toMatchObject({
      status: 'active',
      intent: 'plan',
      title: 'Care and support plan',
      description: 'Needs, concerns or problems: Getting out of bed',
      period: { start: '2026-10-10' },
      contributor: [{ display: 'Jo Bloggs, Key worker' }],
      activity: [{ detail: { status: 'in-progress', code: { text: 'Hoist' } } }]
    })
    expect(care?.['activity'][0].detail.description).toContain('Each morning')
    expect(contingency).toMatchObject({
      title: 'If Ann is ill',
      category: [{ coding: [{ code: '325691000000100' }] }],
      description: 'Trigger factors: Ann does not answer',
      activity: [{ detail: { description: 'What should happen: Ring the night team' } }]
    })
    expect(contingency?.['text'].div).toContain('Trigger factors: Ann does not answer')
  })

  test('people are named, and professionals make one team', () => {
    expect(itemsOf(json(), 'RelatedPerson')).toContainEqual(
      expect.objectContaining({
        name: [{ text: 'Ann Marsh' }],
        relationship: [{ text: 'Sister' }],
        telecom: [{ system: 'phone', value: '01305 000000' }]
      })
    )
    expect(itemOf(json(), 'CareTeam')).toMatchObject({
      participant: [
        {
          role: [{ text: 'Social worker' }, { text: 'Key worker' }],
          member: { type: 'Practitioner', display: 'Jo Bloggs, Social worker, Adults West' },
          period: { start: '2025-02-03' }
        }
      ]
    })
  })

  test('services are episodes of care, ended or not', () => {
    expect(
      itemsOf(json(), 'EpisodeOfCare')
        .map(({ type, status }) => [type[0].text, status])
        .sort()
    ).toEqual([
      ['Home care', 'active'],
      ['Reablement', 'finished']
    ])
    const homeCare = itemsOf(json(), 'EpisodeOfCare').find(({ status }) => status === 'active')
    expect(homeCare).toMatchObject({
      managingOrganization: { display: 'A council' },
      period: { start: '2026-02-01' }
    })
    expect(homeCare?.['text'].div).toContain('Care funding source: Direct payment')
  })
})

test('Local Authority Information is known by the section that only it has', () => {
  const json = posted([
    alert('Latex allergy'),
    group('Local authority', answer('Local authority name', 'A council')),
    group(
      'Personal contacts',
      group('Personal contacts record entry', answer('Name', 'Ann'), answer('NHS Number', '9434765919'))
    )
  ])
  expect(read(json).kind).toBe('local-authority-information')
  expect(JSON.stringify(itemsOf(json, 'RelatedPerson'))).not.toContain('9434765919')
  expect(JSON.stringify(itemsOf(json, 'QuestionnaireResponse'))).toContain('9434765919')
})

test.each(['None', 'No', 'none known.', 'N/A', 'Nil of note', 'No known risks'])(
  'of “%s” no flag is made',
  (words) => {
    const json = posted([
      alert(words),
      group('Safeguarding', group('Safeguarding concerns', answer('Safeguarding indicator', words)))
    ])
    expect(itemsOf(json, 'Flag')).toEqual([])
  }
)

test.each([
  ['Aggressive dog', ['home-warning']],
  ['Two-to-visit', ['home-warning']],
  ['Do not visit alone', ['home-warning']],
  ['Staff should only visit in pairs', ['home-warning']],
  ['Has a guide dog', []],
  ['Known to MARAC', ['safeguarding']],
  ['Subject of a safeguarding enquiry', ['safeguarding']],
  ['Latex allergy', []]
])('the alert “%s” has labels %s', (words, labels) => {
  const json = posted([alert(words)])
  expect(labelsOf(itemOf(json, 'Flag'))).toEqual(labels)
  const responses = itemsOf(json, 'QuestionnaireResponse')
  const open = JSON.stringify(responses.filter((item) => labelsOf(item).length === 0))
  expect(open.includes(words)).toBe(labels.length === 0)
})

test('a document of which nothing is open has no open response', () => {
  const json = posted([
    group('Safeguarding', group('Looked after child', answer('Local authority', 'A council')))
  ])
  expect(itemsOf(json, 'QuestionnaireResponse').map(labelsOf)).toEqual([['safeguarding']])
  expect(itemOf(json, 'Flag')['code'].text).toBe('Looked after child')
})

test('an alert that is answered in its section itself is a flag', () => {
  expect(itemOf(posted([group('Alerts', answer('Alert', 'Latex allergy'))]), 'Flag')['code'].text).toBe(
    'Latex allergy'
  )
  expect(itemOf(posted([answer('Alerts', 'Latex allergy')]), 'Flag')['code'].text).toBe('Latex allergy')
})

test('who recorded it and where is no alert by itself', () => {
  const json = posted([
    group('Alerts', group('Alerts record entry', group('Person completing record', answer('Name', 'Jo'))))
  ])
  expect(itemsOf(json, 'Flag')).toEqual([])
})

test('a code stays a code', () => {
  const valueCoding = { system: 'http://snomed.info/sct', code: '300916003', display: 'Latex allergy' }
  const coded = { linkId: 'c', text: 'Coded value', answer: [{ valueCoding }] }
  const json = posted([
    group('Alerts', group('Alerts record entry', group('Alert', coded, answer('Free text', 'Since 1999'))))
  ])
  expect(itemOf(json, 'Flag')['code']).toEqual({ coding: [valueCoding], text: 'Latex allergy; Since 1999' })
})

test('a date that cannot be read is kept in words and marked', () => {
  const json = posted([alert('Falls', answer('End date', 'some time in May'))])
  const flag = itemOf(json, 'Flag')
  expect(flag['status']).toBe('active')
  expect(flag['text'].div).toContain('End date: some time in May')
  expect(tagsOf(flag)).toContain('degraded')
})

test('labels of the source hold for all that comes of its document', () => {
  const json = posted(
    [alert('Latex allergy'), group('Services and care', answer('Social care package name', 'x'))],
    {
      meta: {
        security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }, {}]
      }
    }
  )
  for (const { resource } of entriesOf(json)) expect(resource?.meta?.security).toHaveLength(2)
  expect(faultsIn(json)).toEqual([])
})

test('another issue speaks for the whole document under the same names', () => {
  const before = tell(posted([alert('Latex allergy'), alert('Falls')])).contribution
  const after = tell(
    posted([alert('Falls')], { status: 'amended', authored: '2026-11-21T10:00:00Z' })
  ).contribution
  expect(before.wholeParts).toEqual(['questionnaire/https://council.example/response|7'])
  expect(after.wholeParts).toEqual(before.wholeParts)
  const names = ({ entries }: typeof before) => entries.map(({ sourceResourceId }) => sourceResourceId)
  expect(names(before)).toEqual(expect.arrayContaining(names(after)))
  expect(names(after)).toHaveLength(names(before).length - 1)
  const parts = before.entries
    .filter(({ resourceType }) => resourceType !== 'Patient')
    .map(({ part }) => part)
  expect(new Set(parts)).toEqual(new Set(before.wholeParts))
})

test('one that was entered in error takes all of it away', () => {
  const { contribution } = tell(posted([], { status: 'entered-in-error' }))
  expect(contribution).toMatchObject({
    wholeParts: ['questionnaire/https://council.example/response|7'],
    entries: []
  })
})

test.each([
  [
    'its identifier, a UUID in either case',
    { identifier: { value: 'URN:UUID:0B1F4A4E-57A6-4F3C-9D56-0C5B5F3A7D01' } },
    '0b1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d01'
  ],
  ['a number of the person’s', { identifier: { value: '7' } }, 'https://council.example/person|40021|7'],
  ['its id', { identifier: undefined }, 'QuestionnaireResponse/r1'],
  ['what it is', { identifier: undefined, id: undefined }, 'other|https://council.example/person|40021']
])('a document is known by %s', (_, changes, name) => {
  expect(tell(posted([alert('x')], changes)).contribution.wholeParts).toEqual([`questionnaire/${name}`])
})

test.each([
  ['when it was last changed', { meta: { lastUpdated: '2026-11-21T09:00:00Z' } }, '2026-11-21T09:00:00.000Z'],
  ['when it was written', {}, '2026-11-20T10:00:00.000Z'],
  ['the end of the day on which it was', { authored: '2026-11-20' }, '2026-11-20T23:59:59.999Z'],
  ['when it came, if that is still to come', { authored: '2030-01-01' }, '2026-11-22T12:00:00.000Z'],
  ['when it came, if it does not say', { authored: undefined }, '2026-11-22T12:00:00.000Z']
])('its place among the others is by %s', (_, changes, sourceTime) => {
  expect(map(posted([alert('x')], changes))).toMatchObject({ sourceTime })
})

test('a plan that is still being written is a draft', () => {
  const plan = group('Care and support plan', group('Strengths', answer('Free text', 'Cooks')))
  expect(itemOf(posted([plan], { status: 'in-progress' }), 'CarePlan')['status']).toBe('draft')
})
