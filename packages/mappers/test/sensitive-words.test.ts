import type { Flag } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  labelled,
  labelsOfWords,
  labelsShownIn,
  sensitiveWords,
  toSecurity,
  wordsShownIn
} from '../src/sensitive-words.ts'

/** Each is known by one pattern alone: without the pattern, it would be shown to everybody. */
const examples = {
  safeguarding: [
    'safeguarding enquiry open',
    'Safe-guarding concern',
    'Has a child protection plan',
    'Looked-after child',
    'Heard at MARAC in May',
    'domestic abuse by the husband'
  ],
  'home-warning': [
    'Large dog',
    'Two dogs in the yard',
    'Two to visit',
    '2-to-visit',
    'Double-up visits',
    'Do not visit alone',
    'Never visit him at home alone',
    'Visit in twos',
    'visits by two staff',
    'Two carers must visit',
    'No lone visits',
    'no lone-working',
    'Home warning on file',
    'Can be aggressive',
    'Son is violent',
    'Has threatened staff',
    'Keeps weapons',
    'A firearm in the loft'
  ],
  'substance-misuse': [
    'Drug rehabilitation',
    'alcohol dependence',
    'Substance misuse support',
    'substance-use worker',
    'Injects heroin',
    'Smokes crack cocaine',
    'Uses cannabis',
    'On methadone',
    'Addiction worker'
  ],
  asylum: ['Asylum seeker support', 'Came as a refugee', 'No recourse to public funds', 'NRPF'],
  prison: [
    'Released from prison',
    'Prisoner',
    'HMP Portland',
    'hmp portland',
    'H.M.P. Portland',
    'HMYOI Portland',
    'In custody of the police',
    'Remanded in custody',
    'Young offenders institution',
    'Immigration detention centre',
    'On probation'
  ]
} as const

describe.each(Object.entries(examples))('%s', (label, words) => {
  test.each(words)('%s', (text) => {
    expect(labelsOfWords(text)).toEqual([label])
    expect(labelsOfWords(text.toUpperCase())).toEqual([label])
  })

  test('each pattern is the only one for some of its words: none can be left out', () => {
    const patterns = sensitiveWords[label as keyof typeof sensitiveWords]
    const idle = patterns.filter(
      (pattern) => !words.some((text) => patterns.every((other) => other.test(text) === (other === pattern)))
    )
    expect(idle.map(String)).toEqual([])
  })
})

test.each([
  'Guide dog',
  'Has a hearing dog, Bess',
  'Drug chart at home',
  'Brings own medication',
  'Known drug allergy',
  'Alcohol hand gel by the door',
  'Alcohol-free mouthwash',
  'Two carers for transfers',
  'Visits twice a day',
  'Joint custody of two boys',
  'Custody of her grandson',
  'Was offended',
  'Guarded prognosis',
  'Home support or domiciliary care',
  'Physical support: Personal care support',
  'Protection of property',
  'Hotdog'
])('is not sensitive: %s', (text) => {
  expect(labelsOfWords(text)).toEqual([])
})

test('several labels hold together, always in one order', () => {
  const text = 'Released from prison. Dog, two to visit; safeguarding enquiry open'
  expect(labelsOfWords(text)).toEqual(['safeguarding', 'home-warning', 'prison'])
})

describe('the words that a resource shows', () => {
  test.each([
    ['narrative', { text: { div: '<div><p>Don&#39;t visit alone</p></div>' } }, 'home-warning'],
    ['notes', { note: [{ text: 'heroin' }] }, 'substance-misuse'],
    ['codes and types', { type: [{ coding: [{ code: 'Asylum seeker accommodation' }] }] }, 'asylum'],
    ['extensions', { extension: [{ url: 'x', valueReference: { display: 'HMP Portland' } }] }, 'prison'],
    ['names', { name: 'HMP Portland' }, 'prison'],
    ['inputs', { input: [{ type: { text: 'Safeguarding concerns?' }, valueBoolean: true }] }, 'safeguarding']
  ])('%s', (_where, element, label) => {
    expect(labelsShownIn(element)).toEqual([label])
  })

  test.each([
    ['no', { valueBoolean: false }],
    ['in words no', { valueString: 'No.' }],
    ['no by a code', { valueCodeableConcept: { coding: [{ display: 'No' }] } }]
  ])('are none of a question that is answered %s', (_how, value) => {
    expect(wordsShownIn({ input: [{ type: { text: 'Safeguarding concerns?' }, ...value }] })).toEqual([])
  })

  const item = (text: string, valueString: string) => ({ linkId: text, text, answer: [{ valueString }] })
  test('are those of a questionnaire’s answers, with what was asked', () => {
    expect(labelsShownIn({ item: [item('Drug use', 'Weekly')] })).toEqual(['substance-misuse'])
    expect(labelsShownIn({ item: [item('Drug use', 'None known')] })).toEqual([])
    const group = (valueString: string) => ({ linkId: 'g', text: 'Drugs', item: [item('How', valueString)] })
    expect(labelsShownIn({ item: [group('Weekly')] })).toEqual(['substance-misuse'])
    expect(labelsShownIn({ item: [group('No')] })).toEqual([])
  })

  test('are not put together of what stands apart', () => {
    expect(labelsShownIn({ text: { div: '<p>Weekly visit</p><p>Two people live here</p>' } })).toEqual([])
  })

  test('are no names of systems, items or labels', () => {
    const element = {
      id: 'dog',
      meta: { security: [{ code: 'prison' }] },
      extension: [{ url: 'https://prison.example' }],
      subject: { reference: 'Patient/dog' },
      identifier: [{ system: 'https://asylum.example', value: 'HMP 1' }]
    }
    expect(labelsShownIn(element)).toEqual([])
  })
})

test('labels are codings of ours, with words', () => {
  expect(toSecurity(['prison'])).toEqual([
    { system: 'https://chesil.example/fhir/CodeSystem/label', code: 'prison', display: 'Prison' }
  ])
})

test('an item has the labels of what it shows beside those that it has, each once', () => {
  const security = [{ code: 'R' }, { code: 'prison' }]
  const item = labelled({
    resourceType: 'Flag',
    meta: { security },
    code: { text: 'Dog; HMP Portland' }
  } as Flag)
  expect(item.meta?.security?.map(({ code }) => code)).toEqual(['R', 'prison', 'home-warning'])
})
