import { describe, expect, test } from 'vitest'
import { type FhirR4Traits, refusedIn, withoutRefused } from '../../src/index.ts'
import type { Loose } from '../asking.ts'
import { baseUrl, condition, observation, page } from './trust.ts'

/** Lower case. */
const rules: Partial<FhirR4Traits> = {
  treatmentFunctions: ['360'],
  locations: ['acorn clinic', 'l7'],
  documentTypes: ['let-9'],
  names: ['oak letter', 'oak specialty']
}
const denial = (denied: Partial<FhirR4Traits>) => (traits: FhirR4Traits) =>
  (['treatmentFunctions', 'locations', 'documentTypes', 'names'] as const).some((name) =>
    traits[name].some((value) => denied[name]?.includes(value.trim().toLowerCase()))
  )
const refused = (byType: Readonly<Record<string, readonly Loose[]>>, list = rules) =>
  [
    ...refusedIn(
      new Map(Object.entries(byType).map(([type, resources]) => [type, [page(resources)]])),
      denial(list),
      [baseUrl]
    )
  ].sort()

const concept = (code: string) => ({ coding: [{ system: 'https://trust.example/codes', code }] })
const visit = (changes: Loose = {}, id = 'e1'): Loose => ({ resourceType: 'Encounter', id, ...changes })

describe('refused at the door is', () => {
  test.each<[string, Loose, string]>([
    ['a visit of a treatment function', visit({ serviceType: concept('360') }), 'Encounter/e1'],
    [
      'an appointment of one',
      { resourceType: 'Appointment', id: 'a1', specialty: [concept('360')] },
      'Appointment/a1'
    ],
    [
      'a document of one',
      { resourceType: 'DocumentReference', id: 'd1', context: { practiceSetting: concept('360') } },
      'DocumentReference/d1'
    ],
    [
      'a stay at a place, by its name',
      visit({ location: [{ location: { display: ' ACORN clinic' } }] }),
      'Encounter/e1'
    ],
    ['by its code', visit({ location: [{ location: { identifier: { value: 'l7' } } }] }), 'Encounter/e1'],
    ['by its id', visit({ location: [{ location: { reference: 'Location/L7' } }] }), 'Encounter/e1'],
    [
      'an appointment there',
      { resourceType: 'Appointment', id: 'a1', participant: [{ actor: { display: 'Acorn Clinic' } }] },
      'Appointment/a1'
    ],
    [
      'a kind of document',
      { resourceType: 'DocumentReference', id: 'd1', type: concept('let-9') },
      'DocumentReference/d1'
    ],
    [
      'a kind of report',
      { resourceType: 'DiagnosticReport', id: 'r1', code: concept('LET-9') },
      'DiagnosticReport/r1'
    ],
    [
      'a visit of a specialty, by its words alone',
      visit({ serviceType: { text: 'Oak specialty' } }),
      'Encounter/e1'
    ],
    [
      'a document, by what its kind is called',
      { resourceType: 'DocumentReference', id: 'd1', type: { coding: [{ display: 'Oak letter' }] } },
      'DocumentReference/d1'
    ],
    [
      'or by its title',
      { resourceType: 'DocumentReference', id: 'd1', content: [{ attachment: { title: 'Oak letter' } }] },
      'DocumentReference/d1'
    ]
  ])('%s', (_case, resource, name) => {
    expect(refused({ [resource['resourceType']]: [resource] })).toEqual([name])
    expect(refused({ [resource['resourceType']]: [resource] }, {})).toEqual([])
  })

  test('what belongs to it, wherever it stands', () => {
    const encounter = { reference: 'Encounter/e1' }
    expect(
      refused({
        Observation: [
          observation('o1'),
          observation('o2', { encounter: { reference: 'Encounter/e9' } }),
          observation('o3')
        ],
        Condition: [condition('c1', { encounter: { reference: `${baseUrl}/Encounter/e2` } })],
        DiagnosticReport: [
          { resourceType: 'DiagnosticReport', id: 'r1', encounter, result: [{ reference: 'Observation/o1' }] }
        ],
        DocumentReference: [
          { resourceType: 'DocumentReference', id: 'd1', context: { encounter: [encounter] } }
        ],
        Encounter: [
          visit({ partOf: { reference: 'Encounter/e1' } }, 'e2'),
          visit({ serviceType: concept('360') })
        ]
      })
    ).toEqual([
      'Condition/c1',
      'DiagnosticReport/r1',
      'DocumentReference/d1',
      'Encounter/e1',
      'Encounter/e2',
      'Observation/o1'
    ])
  })

  test('nothing else: a code that only contains it, a code of something else', () => {
    expect(
      refused({
        Encounter: [visit({ serviceType: concept('3601') }), visit({ type: [concept('360')] }, 'e2')],
        Condition: [condition('c1', { code: concept('LET-9') })]
      })
    ).toEqual([])
  })
})

test('a page loses what was refused, and how many there were', () => {
  const given = page([condition('c1'), condition('c2')], { total: 2, link: [{ relation: 'self', url: 'x' }] })
  const { total: _, ...rest } = page([condition('c2')], { link: [{ relation: 'self', url: 'x' }] })
  expect(withoutRefused(given, new Set(['Condition/c1']))).toEqual(rest)
  expect(withoutRefused(7, new Set())).toBe(7)
})
