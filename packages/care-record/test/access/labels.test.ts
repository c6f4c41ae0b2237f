import type { Coding, Resource } from '@chesil/fhir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import roleTable from '../../src/access/role-table.json' with { type: 'json' }
import {
  findRoleRights,
  indexResource,
  type LabelledItem,
  labelItems,
  mayBeLabelled,
  mayView,
  roles
} from '../../src/index.ts'

const sensitive = new Map([['86406008', 'sexual-health']])
const item = (resource: object): LabelledItem => {
  const { resourceType, id } = resource as { resourceType: string; id: string }
  return { key: `${resourceType}/${id}`, index: indexResource(resource as Resource, []) }
}
const labelsOf = (resource: object) => [
  ...(labelItems([item(resource)], sensitive)
    .values()
    .next().value ?? [])
]
const hiddenAmong = (...resources: object[]) => [...labelItems(resources.map(item), sensitive).keys()]

const hiv = { coding: [{ system: 'http://snomed.info/sct', code: '86406008' }] }
const confidentiality = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  code
})
const marked = { meta: { security: [confidentiality('R')] } }
const reference = (key: string) => ({ reference: key })
const observation = (id: string, rest: object = {}) => ({ resourceType: 'Observation', id, ...rest })
const report = (rest: object) => ({ resourceType: 'DiagnosticReport', id: 'report', ...rest })
const medication = { resourceType: 'Medication', id: 'm' }
const order = (id: string, rest: object = {}) => ({
  resourceType: 'MedicationRequest',
  id,
  medicationReference: reference('Medication/m'),
  ...rest
})
/** Its file has its own id. */
const letter = (id: string, rest: object = {}) => ({
  resourceType: 'DocumentReference',
  id,
  content: [{ attachment: { url: `Binary/${id}` } }],
  ...rest
})

describe('an item has a label', () => {
  test.each<[string, object, string[]]>([
    ['that its source gave', { meta: { security: [confidentiality('R')] } }, ['R']],
    ['that its source gave, very restricted', { meta: { security: [confidentiality('V')] } }, ['V']],
    ['that nobody knows', { meta: { security: [{ system: 'https://x.example', code: 'Q7' }] } }, ['Q7']],
    [
      'for each that it has',
      { meta: { security: [confidentiality('R'), { code: 'NOPAT' }] } },
      ['R', 'NOPAT']
    ],
    ['of the document it describes', { securityLabel: [{ coding: [confidentiality('R')] }] }, ['R']],
    ['when a code of it is sensitive', { code: hiv }, ['sexual-health']],
    ['when a code is, whatever the system', { code: { coding: [{ code: '86406008' }] } }, ['sexual-health']],
    [
      'when a code deep inside is',
      { component: [{ code: {}, valueCodeableConcept: hiv }] },
      ['sexual-health']
    ],
    ['when an answer is', { item: [{ answer: [{ valueCoding: hiv.coding[0] }] }] }, ['sexual-health']],
    [
      'when what it contains is',
      { contained: [{ resourceType: 'Medication', code: hiv }] },
      ['sexual-health']
    ],
    ['when the class of an encounter is', { class: hiv.coding[0] }, ['sexual-health']],
    ['when the format of a document is', { content: [{ format: hiv.coding[0] }] }, ['sexual-health']]
  ])('%s', (_case, rest, labels) => {
    expect(labelsOf(observation('o', rest))).toEqual(labels)
  })

  test.each(['U', 'L', 'M', 'N'])('not for ordinary confidentiality %s', (code) => {
    expect(labelsOf(observation('o', { meta: { security: [confidentiality(code)] } }))).toEqual([])
  })

  test('not for being tagged', () => {
    expect(labelsOf(observation('o', { meta: { tag: [{ code: '86406008' }] } }))).toEqual([])
  })
})

describe('with a hidden item goes', () => {
  test.each<[string, object[], string[]]>([
    [
      'every prescription of its medicine',
      [{ ...medication, code: hiv }, order('a'), order('b')],
      ['Medication/m', 'MedicationRequest/a', 'MedicationRequest/b']
    ],
    [
      'not the medicine that others share',
      [medication, order('a', marked), order('b')],
      ['MedicationRequest/a']
    ],
    [
      'every result of a report',
      [report({ ...marked, result: [reference('Observation/a')] }), observation('a'), observation('other')],
      ['DiagnosticReport/report', 'Observation/a']
    ],
    [
      'the report and all its results, when one of them is sensitive',
      [
        observation('a', { code: hiv }),
        observation('b'),
        report({ result: [reference('Observation/a'), reference('Observation/b')] })
      ],
      ['Observation/a', 'DiagnosticReport/report', 'Observation/b']
    ],
    [
      'the panel of a result, its report and what that names, however long the chain',
      [
        report({ result: [reference('Observation/panel'), reference('Observation/c')] }),
        observation('c'),
        observation('panel', { hasMember: [reference('Observation/a')] }),
        observation('a', { code: hiv })
      ],
      ['Observation/a', 'Observation/panel', 'DiagnosticReport/report', 'Observation/c']
    ],
    [
      'what a result was derived from',
      [observation('a', { ...marked, derivedFrom: [reference('Observation/b')] }), observation('b')],
      ['Observation/a', 'Observation/b']
    ],
    [
      'the file of a document',
      [
        letter('a', marked),
        { resourceType: 'Binary', id: 'a' },
        letter('b'),
        { resourceType: 'Binary', id: 'b' }
      ],
      ['DocumentReference/a', 'Binary/a']
    ],
    [
      'the report of a file, and every other document of that file',
      [
        { resourceType: 'Binary', id: 'a', ...marked },
        report({ presentedForm: [{ url: 'Binary/a' }] }),
        letter('a')
      ],
      ['Binary/a', 'DiagnosticReport/report', 'DocumentReference/a']
    ]
  ])('%s', (_case, resources, hidden) => {
    expect(hiddenAmong(...resources).sort()).toEqual(hidden.sort())
  })

  test('nothing twice round, when two name each other', () => {
    const a = observation('a', { ...marked, hasMember: [reference('Observation/b')] })
    const b = observation('b', { hasMember: [reference('Observation/a')] })
    expect(hiddenAmong(a, b)).toEqual(['Observation/a', 'Observation/b'])
  })

  test('what has a label that not every role of the first may see', () => {
    const labels = labelItems(
      [observation('a', { code: hiv }), report({ ...marked, result: [reference('Observation/a')] })].map(
        item
      ),
      sensitive
    )
    expect(labels.get('Observation/a')).toEqual(new Set(['sexual-health', 'R']))
    expect(labels.get('DiagnosticReport/report')).toEqual(new Set(['sexual-health', 'R']))
  })
})

const ids = ['a', 'b', 'c', 'd', 'e']
const graphs = fc.tuple(
  fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 8 }),
  fc.dictionary(fc.constantFrom(...ids), fc.subarray(['R', 'V', 'NOPAT']))
)

test('labels are the same in whatever order the items stand, and all that is joined shares them', () => {
  fc.assert(
    fc.property(graphs, fc.shuffledSubarray(ids, { minLength: 5 }), ([links, own], order) => {
      const items = (order: readonly string[]): LabelledItem[] =>
        order.map((id) => ({
          key: `Observation/${id}`,
          index: {
            security: own[id] ?? [],
            content: links.filter(([whole]) => whole === id).map(([, part]) => `Observation/${part}`)
          }
        }))
      const labels = labelItems(items(ids), sensitive)
      expect(labelItems(items(order), sensitive)).toEqual(labels)
      const labelsAt = (id: string) => labels.get(`Observation/${id}`) ?? new Set()
      for (const [whole, part] of links) expect(labelsAt(whole)).toEqual(labelsAt(part))
      for (const id of ids) expect(labelsAt(id).isSupersetOf(new Set(own[id]))).toBe(true)
    })
  )
})

describe('a reader may view an item', () => {
  test.each<[string, string[] | undefined, boolean]>([
    ['that has no label', undefined, true],
    ['whose every label is theirs', ['NOPAT'], true],
    ['not when one of its labels is not', ['NOPAT', 'V'], false]
  ])('%s', (_case, labels, expected) => {
    expect(mayView(labels && new Set(labels), new Set(['NOPAT', 'R']))).toBe(expected)
  })
})

describe.each(roles)('%s may not view', (role) => {
  const rights = findRoleRights(roleTable.roleCodes[role][0] ?? '')

  test.each<[string, object]>([
    ['a label that nobody knows', { meta: { security: [{ system: 'https://x.example', code: 'Q7' }] } }],
    ['a label without a code', { meta: { security: [{ display: 'Do not show' }] } }],
    ['a label with an empty code', { meta: { security: [{ code: '' }] } }],
    ['a label that is text alone', { securityLabel: [{ text: 'Do not show' }] }],
    ['a label without any coding', { securityLabel: [{ coding: [] }] }],
    ['very restricted', { meta: { security: [confidentiality('V')] } }],
    ['a sensitive code whose label no role has', { code: hiv }],
    ['a known label beside one that cannot be read', { meta: { security: [confidentiality('N'), {}] } }]
  ])('%s', (_case, rest) => {
    const labels = labelItems([item(observation('o', rest))], sensitive).get('Observation/o')
    expect(rights && mayView(labels, rights.labels)).toBe(false)
  })
})

describe('from the stored text of an index', () => {
  const tricky = fc.constantFrom('a', 'b]', ']', '],', '"', '\\', '"codes":[', 's', '","s","', '}]', '')
  const code = fc.oneof(tricky, fc.string(), fc.constantFrom('sensitive', 's'))

  test('no item that gets a label is taken for one without', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            codes: fc.array(code),
            security: fc.array(code),
            token: fc.dictionary(fc.constantFrom('code', 'status', 'category'), fc.array(code))
          },
          { requiredKeys: [] }
        ),
        (index) => {
          const sensitive = new Map([
            ['sensitive', 'R'],
            ['s', 'R'],
            [']', 'R']
          ])
          const isLabelled = labelItems([{ key: 'Condition/1', index }], sensitive).size > 0
          if (isLabelled) expect(mayBeLabelled(JSON.stringify(index), sensitive)).toBe(true)
        }
      ),
      { numRuns: 5_000 }
    )
  })

  test('an item without sensitive codes and labels is known by it', () => {
    const sensitive = new Map([['270420001', 'R']])
    expect(mayBeLabelled('{"codes":["38341003","1201005"],"sections":["problems"]}', sensitive)).toBe(false)
    expect(mayBeLabelled('{"codes":["38341003","270420001"]}', sensitive)).toBe(true)
    expect(mayBeLabelled('{"sections":["problems"]}', sensitive)).toBe(false)
  })
})
