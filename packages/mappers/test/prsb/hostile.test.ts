import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prsbToContributions } from '../../src/prsb/prsb-to-contributions.ts'
import { readPrsb } from '../../src/prsb/read-prsb.ts'
import type { Loose } from '../asking.ts'
import {
  alert,
  answer,
  bundle,
  context,
  entriesOf,
  faultsIn,
  group,
  itemsOf,
  map,
  patient,
  posted,
  refusal,
  response
} from './answering.ts'

const nested = (depth: number): Loose =>
  depth === 1 ? answer('Alert', 'Deep down') : group(`Level ${depth}`, nested(depth - 1))

test('fifty levels are read and valid, one more is refused', () => {
  expect(faultsIn(posted([nested(50)]))).toEqual([])
  expect(JSON.stringify(itemsOf(posted([nested(50)]), 'QuestionnaireResponse'))).toContain('Deep down')
  expect(refusal(posted([nested(51)]))).toMatchObject({ reason: 'not-a-record', detail: 'too-deep' })
})

test('nesting beneath answers counts as much', () => {
  let item: Loose = answer('Alert', 'x')
  for (let depth = 0; depth < 50; depth++)
    item = { linkId: '1', answer: [{ valueString: 'x', item: [item] }] }
  expect(refusal(posted([item]))).toMatchObject({ detail: 'too-deep' })
})

test('a hundred thousand questions and answers are read, more are refused', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => answer(`Q${at}`, 'x'))
  expect(map(posted(many(50_000)))).toMatchObject({ outcome: 'mapped' })
  expect(refusal(posted(many(50_001)))).toMatchObject({ detail: 'too-many' })
})

test('one entry with tens of thousands of answers is mapped in good time', () => {
  const parts = Array.from({ length: 45_000 }, (_, at) => answer(`Q${at}`, 'x'))
  const startedAt = performance.now()
  map(posted([group('Care and support plan', ...parts)]))
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'unreadable'],
  ['a text', 'QuestionnaireResponse', 'unreadable'],
  ['a list', [response([])], 'unreadable'],
  ['an object of no kind', {}, 'unreadable'],
  ['a dataset without concepts', { dataset: [] }, 'unreadable'],
  ['a Patient', patient(), 'no-response'],
  ['an empty Bundle', bundle(), 'no-response'],
  ['two responses', bundle(patient(), response([alert('a')]), response([alert('b')])), 'several-responses'],
  ['a response without answers', posted([group('Alerts', group('Alerts record entry'))]), 'no-answers'],
  ['a response of blanks', posted([answer('Alert', ' ', '\u00a0')]), 'no-answers']
])('%s is refused as no record', (_, json, detail) => {
  expect(refusal(json)).toMatchObject({ reason: 'not-a-record', detail })
})

test('names of prototypes are names like any other', () => {
  const item = JSON.parse(
    '[{"linkId":"__proto__","text":"constructor","__proto__":{"x":1},"answer":[{"valueString":"__proto__","__proto__":{"polluted":true}}]},{"linkId":"2","text":"__proto__","item":[{"linkId":"3","text":"toString","answer":[{"valueString":"x"}]}]}]'
  )
  expect(faultsIn(posted(item, { status: 'constructor' }))).toEqual([])
  expect({}).not.toHaveProperty('polluted')
})

test('an address that a browser would run is not one to follow', () => {
  const item = [
    { linkId: '1', text: 'Film', answer: [{ valueUri: 'javascript:alert(1)' }] },
    {
      linkId: '2',
      text: 'File',
      answer: [{ valueAttachment: { url: 'javascript:alert(2)', contentType: 'text/html' } }]
    }
  ]
  const kept = JSON.stringify(itemsOf(posted(item), 'QuestionnaireResponse'))
  expect(kept).not.toMatch(/"(url|valueUri)":"javascript/)
  expect(kept).toContain('"title":"javascript:alert(2)"')
})

test.each<[string, Loose]>([
  ['a date that there is not', { valueDate: '2026-02-30' }],
  ['a number that JSON cannot hold', { valueDecimal: Number.POSITIVE_INFINITY }],
  ['a time without seconds', { valueTime: '10:30' }],
  ['an object where text belongs', { valueString: { a: 1 } }],
  ['a type that answers do not have', { valueCodeableConcept: { text: 'Latex' } }],
  ['bytes that are none', { valueAttachment: { data: '!!!' } }],
  ['an amount without a value', { valueQuantity: { unit: 'kg' } }]
])('%s is kept as text, and the response marked', (_, value) => {
  const json = posted([{ linkId: '1', text: 'Q', answer: [value] }])
  const [item] = itemsOf(json, 'QuestionnaireResponse')
  expect(item?.['item'][0].answer[0]).toHaveProperty('valueString')
  expect(item?.['meta'].tag).toContainEqual(expect.objectContaining({ code: 'degraded' }))
  expect(faultsIn(json)).toEqual([])
})

const told = (words: string): Loose[] => [
  group(
    'About me',
    group('My wellness', answer('My wellness', words)),
    answer('Supported to write this by', words)
  ),
  alert(words, group('Person completing record', answer('Name', words))),
  group('Care and support plan', group('Strengths', answer('Free text', words)), answer('Date', words)),
  group('Contingency plans', answer('Contingency plan name', words), answer('What should happen', words)),
  group(
    'Personal contacts',
    group('Personal contacts record entry', answer('Name', words), answer(words, words))
  ),
  group('Professional contacts', group('Professional contacts record entry', answer('Name', words))),
  group('Safeguarding', group(words, answer('Comment', words))),
  group(
    'Services and care',
    group('Services and care record entry', answer('Social care package name', words))
  )
]

const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '</div><script src=x>',
    '<img src=x onerror=alert(1)>',
    '&lt;script&gt;',
    '&#60;script&#62;',
    ']]>',
    '$&$`',
    'a\ud800b',
    '\u0000\u0007',
    '__proto__',
    'x'.repeat(3_000)
  )
)

test('whatever the words, they are escaped, and all is valid', () => {
  fc.assert(
    fc.property(wild, (words) => {
      const found = readPrsb(posted(told(words)))
      if (found.outcome === 'refused') return
      const json = posted(told(words))
      for (const { resource } of entriesOf(json)) {
        const { text } = (resource ?? {}) as Loose
        expect(text?.div ?? '').not.toMatch(/<script|<img|<\/div>./i)
      }
      expect(faultsIn(json)).toEqual([])
    }),
    { numRuns: 200 }
  )
})

/** The same tree with each list of items in the order of `keys`. */
function shuffled(items: readonly Loose[], keys: readonly number[]): Loose[] {
  let at = 0
  return items
    .map((item) => ({
      key: keys[at++ % keys.length] ?? 0,
      item: {
        ...item,
        ...(item['item'] && { item: shuffled(item['item'], keys.slice(1).concat(keys[0] ?? 0)) })
      }
    }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item as Loose)
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]))
}

const whole = [
  ...told('Words'),
  group(
    'Alerts',
    group('Alerts record entry', answer('Alert', 'Dog at home')),
    group('Alerts record entry', answer('Alert', 'Falls'))
  ),
  group('Risks', group('Risks', answer('Risk', 'Fire'), answer('Start date of risk', '2026-01-01'))),
  group(
    'Professional contacts',
    group('Professional contacts record entry', answer('Name', 'Kim'), answer('Role', 'Nurse'))
  )
]

test('any order of the questions comes to the same, but for the order in which the response keeps them', () => {
  const plain = entriesOf(posted(whole))
  const isResponse = ({ resourceType }: { resourceType: string }) => resourceType === 'QuestionnaireResponse'
  fc.assert(
    fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 12 }), (keys) => {
      const other = entriesOf(posted(shuffled(whole, keys)))
      expect(other.filter((entry) => !isResponse(entry))).toEqual(plain.filter((entry) => !isResponse(entry)))
      expect(sorted(other)).toEqual(sorted(plain))
    }),
    { numRuns: 200 }
  )
})

const junk: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      '',
      ' ',
      'Patient/p1',
      '2026-02-30',
      '2026-11-20',
      'javascript:x',
      'https://fhir.nhs.uk/Id/nhs-number',
      '9449305553',
      '#p1',
      'Group/1',
      'urn:uuid:x',
      '2026-11-20T10:00:60Z',
      '0000-01-01',
      'a\ud800',
      null,
      0,
      -1,
      1e300,
      true,
      '<b>'
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          'resourceType',
          'item',
          'answer',
          'valueString',
          'valueCoding',
          'valueQuantity',
          'valueAttachment',
          'valueReference'
        ],
        ...[
          'system',
          'code',
          'display',
          'value',
          'unit',
          'data',
          'contentType',
          'size',
          'reference',
          'identifier',
          'text',
          'linkId',
          '__proto__'
        ]
      ),
      tie('value'),
      { maxKeys: 4 }
    )
  )
})).value

const places = [
  'id',
  'meta',
  'text',
  'identifier',
  'questionnaire',
  'status',
  'authored',
  'author',
  'source',
  'contained',
  'modifierExtension',
  'implicitRules',
  'subject',
  'item'
]
const patientPlaces = [
  'id',
  'meta',
  'identifier',
  'name',
  'telecom',
  'address',
  'birthDate',
  'gender',
  'extension',
  'contact',
  'communication',
  'generalPractitioner',
  'maritalStatus',
  'deceasedDateTime'
]

test('junk anywhere is mapped or refused, and what is mapped is valid and about the one person', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.constantFrom(...patientPlaces),
      junk,
      junk,
      junk,
      (place, other, a, b, c) => {
        const item = [...whole, { linkId: 'junk', text: 'Alerts', answer: [a], item: [b] }]
        const json = bundle(patient({ [other]: c }), response(item as Loose[], { [place]: a }))
        const found = readPrsb(json)
        if (found.outcome === 'refused' || prsbToContributions(found, context).outcome === 'refused') return
        expect(faultsIn(json)).toEqual([])
        const persons = entriesOf(json).flatMap(({ resource }) => {
          const { subject, patient } = (resource ?? {}) as Loose
          return (subject ?? patient)?.reference ?? []
        })
        expect(new Set(persons).size).toBe(1)
      }
    ),
    { numRuns: 500 }
  )
})

test('junk instead of it all is refused or mapped, and nothing is thrown', () => {
  fc.assert(
    fc.property(junk, (json) => {
      const found = readPrsb(json)
      if (found.outcome === 'read') prsbToContributions(found, context)
    }),
    { numRuns: 500 }
  )
})
