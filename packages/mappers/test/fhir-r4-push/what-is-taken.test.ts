import { heldTypes } from '@chesil/care-record'
import { describe, expect, test } from 'vitest'
import { issuesOfTime, pushedItemTypes, refusedOfPush, withoutPushed } from '../../src/index.ts'
import type { Loose } from '../asking.ts'
import {
  baseUrl,
  bundle,
  context,
  deletion,
  faultsOf,
  issuesIn,
  localOf,
  observation,
  partsIn,
  patient,
  put,
  read,
  transaction
} from './pushing.ts'

const first = 'Bundle.entry[0]'

describe('taken', () => {
  test.each([
    ['a resource', observation('o1')],
    ['a transaction', transaction([put(observation('o1'))])],
    ['a batch', transaction([put(observation('o1'))], { type: 'batch' })],
    ['a message', bundle([{ resourceType: 'MessageHeader' }, observation('o1')], { type: 'message' })],
    ['a collection', bundle([observation('o1')])],
    [
      'a POST',
      transaction([{ resource: observation('o1'), request: { method: 'POST', url: 'Observation' } }])
    ]
  ])('%s', (_what, json) => {
    const [part, ...others] = partsIn(json)
    expect(others).toEqual([])
    expect(part?.contribution.entries.map(({ sourceResourceId }) => sourceResourceId)).toEqual([
      'Observation/o1'
    ])
    expect(part?.sourceTime).toBe('2026-11-20T09:00:00.000Z')
  })

  test('only types that a record can hold', () => {
    expect(pushedItemTypes.filter((type) => !(heldTypes as readonly string[]).includes(type))).toEqual([])
  })

  test('a resource without an id is called as its Bundle calls it', () => {
    const fullUrl = 'urn:uuid:0a1b2c3d-0000-4000-8000-000000000002'
    const [part] = partsIn(bundle([], { entry: [{ fullUrl, resource: observation('', { id: undefined }) }] }))
    expect(part?.contribution.entries[0]?.sourceResourceId).toBe(`Observation/${fullUrl.slice(9)}`)
  })
})

describe('refused with what is wrong, and where', () => {
  test.each<[string, unknown, string]>([
    ['no resource', { a: 1 }, 'not-fhir undefined'],
    ['a document', bundle([observation('o1')], { type: 'document' }), 'bundle-type Bundle.type'],
    ['a searchset', bundle([observation('o1')], { type: 'searchset' }), 'bundle-type Bundle.type'],
    ['nothing in it', bundle([]), 'no-entries Bundle.entry'],
    ['nobody in it', bundle([{ resourceType: 'Organization', id: 'x' }]), 'no-entries undefined'],
    [
      'too much',
      bundle(Array.from({ length: 5_001 }, (_, n) => observation(`o${n}`))),
      'too-many-entries Bundle.entry'
    ],
    [
      'a message without its header',
      bundle([observation('o1')], { type: 'message' }),
      `no-message-header ${first}`
    ],
    [
      'another method',
      transaction([{ request: { method: 'PATCH', url: 'Observation/o1' } }]),
      `method ${first}.request.method`
    ],
    [
      'another resource than it is put to',
      transaction([{ resource: observation('o1'), request: { method: 'PUT', url: 'Observation/o2' } }]),
      `request-url ${first}.request.url`
    ],
    [
      'another type than it is put to',
      transaction([{ resource: observation('o1'), request: { method: 'PUT', url: 'Condition/o1' } }]),
      `request-url ${first}.request.url`
    ],
    [
      'a deletion by search',
      transaction([deletion('Observation?code=x')]),
      `request-url ${first}.request.url`
    ],
    [
      'a type that is not taken',
      bundle([{ resourceType: 'Claim', id: 'c' }]),
      `unknown-type ${first}.resource.resourceType`
    ],
    ['an id that FHIR does not have', bundle([observation('o 1')]), `no-id ${first}.resource.id`],
    ['no id', observation('o1', { id: undefined }), 'no-id Observation.id'],
    [
      'somebody else’s base',
      bundle([], {
        entry: [{ fullUrl: 'https://other.example/Observation/o1', resource: observation('o1') }]
      }),
      `other-base ${first}.fullUrl`
    ],
    ['no time', observation('o1', { meta: undefined }), 'no-time Observation.meta.lastUpdated'],
    [
      'a time without a zone',
      observation('o1', { meta: { lastUpdated: '2026-11-20T09:00:00' } }),
      'no-time Observation.meta.lastUpdated'
    ],
    [
      'a day that no calendar has',
      observation('o1', { meta: { lastUpdated: '2026-02-30T09:00:00Z' } }),
      'no-time Observation.meta.lastUpdated'
    ],
    [
      'a deletion without a time',
      transaction([deletion('Observation/o1')], { timestamp: undefined }),
      'no-time Bundle.timestamp'
    ]
  ])('%s', (_what, json, fault) => {
    expect(faultsOf(json)).toEqual([fault])
  })

  test('every fault of a Bundle', () => {
    expect(
      faultsOf(bundle([observation('o1', { subject: undefined }), { resourceType: 'Claim' }])).sort()
    ).toEqual([`no-subject ${first}.resource.subject`, 'unknown-type Bundle.entry[1].resource.resourceType'])
  })

  test('a time to come', () => {
    const push = read(bundle([observation('o1'), observation('o2', { meta: undefined })]))
    const expressions = (latest: string) => issuesOfTime(push, latest).map(({ expression }) => expression)
    expect(expressions('2026-11-20T10:00:00.000Z')).toEqual([])
    expect(expressions('2026-11-20T08:00:00.000Z')).toEqual([
      `${first}.resource.meta.lastUpdated`,
      'Bundle.timestamp'
    ])
  })
})

describe('a resource stays as its source wrote it', () => {
  const landed = (resource: Loose, ...beside: Loose[]): Loose => {
    const parts = partsIn(bundle([resource, ...beside]))
    const [entry] = parts.flatMap(({ contribution }) => contribution.entries)
    expect(entry?.resource && issuesIn(entry.resource)).toEqual([])
    return entry?.resource as Loose
  }

  test('with Chesil’s ids of items, whether those have come or not', () => {
    const { encounter } = landed(observation('o1', { encounter: { reference: 'Encounter/e1' } }))
    expect(encounter).toEqual({ reference: `Encounter/${context.resourceId('Encounter', 'Encounter/e1')}` })
  })

  test('with the names of those who stand around it', () => {
    const { performer } = landed(observation('o1', { performer: [{ reference: 'Practitioner/x' }] }), {
      resourceType: 'Practitioner',
      id: 'x',
      name: [{ family: 'Gale', given: ['Ada'] }],
      meta: { lastUpdated: '2026-11-20T09:00:00Z' }
    })
    expect(performer).toEqual([
      {
        type: 'Practitioner',
        display: 'Ada Gale',
        identifier: { system: `${baseUrl}/Practitioner`, value: 'x' }
      }
    ])
  })

  test('with its medicine inside it', () => {
    const prescription = observation('m1', {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      code: undefined,
      medicationReference: { reference: 'Medication/x' }
    })
    const { contained } = landed(prescription, {
      resourceType: 'Medication',
      id: 'x',
      code: { text: 'Aspirin' },
      meta: { lastUpdated: '2026-11-20T09:00:00Z' }
    })
    expect(contained).toMatchObject([{ resourceType: 'Medication', code: { text: 'Aspirin' } }])
  })

  test('and is kept out under rules that nobody here knows', () => {
    const [part] = partsIn(observation('o1', { implicitRules: 'https://rules.example' }))
    expect(part?.contribution).toMatchObject({
      entries: [],
      quarantined: [
        { reason: 'invalid', sourceResourceId: 'Observation/o1', expression: 'Observation.implicitRules' }
      ]
    })
  })
})

test('each version stands by its own time and number', () => {
  const places = partsIn(
    bundle([
      observation('o1', { meta: { lastUpdated: '2026-11-20T09:00:00Z', versionId: '3' } }),
      observation('o2', { meta: { lastUpdated: '2026-11-19T09:00:00+01:00' } }),
      observation('o3', { meta: undefined })
    ])
  ).map(({ sourceTime, sourceSequence, contribution: { entries } }) => [
    entries[0]?.sourceResourceId,
    sourceTime,
    sourceSequence
  ])
  expect(places.sort()).toEqual([
    ['Observation/o1', '2026-11-20T09:00:00.000Z', 13],
    ['Observation/o2', '2026-11-19T08:00:00.000Z', 1],
    ['Observation/o3', '2026-11-20T10:00:00.000Z', 1]
  ])
})

describe('what its source does not share', () => {
  const encounter = observation('e1', {
    resourceType: 'Encounter',
    serviceType: { coding: [{ code: '360' }] }
  })
  const ofIt = observation('o1', { encounter: { reference: 'Encounter/e1' } })
  const isDenied = ({
    treatmentFunctions,
    locations
  }: {
    treatmentFunctions: readonly string[]
    locations: readonly string[]
  }) => treatmentFunctions.includes('360') || locations.includes('GUM Clinic')
  const left = (json: Loose): string[] => {
    const push = read(json)
    const bundle = withoutPushed(json, refusedOfPush(push, isDenied)) as Loose
    return bundle['entry'].map(({ resource }: Loose) => resource['id'])
  }

  test('goes, and with it what belongs to it', () => {
    expect(left(bundle([patient('p1'), encounter, ofIt, observation('o2')]))).toEqual(['p1', 'o2'])
  })

  test('also where its Bundle calls the stay and its place otherwise', () => {
    const [stay, place] = [
      'urn:uuid:0a1b2c3d-0000-4000-8000-000000000003',
      'urn:uuid:0a1b2c3d-0000-4000-8000-000000000004'
    ]
    const json = bundle([], {
      entry: [
        {
          fullUrl: stay,
          resource: {
            ...observation('e1', { resourceType: 'Encounter' }),
            location: [{ location: { reference: place } }]
          }
        },
        { fullUrl: place, resource: { resourceType: 'Location', id: 'l1', name: 'GUM Clinic' } },
        { resource: observation('o1', { encounter: { reference: stay } }) },
        { resource: observation('o2') }
      ]
    })
    expect(left(json)).toEqual(['o2'])
  })
})

test('a Patient without an id of its own is known by their number', () => {
  const fullUrl = 'urn:uuid:0a1b2c3d-0000-4000-8000-000000000005'
  const parts = partsIn(
    bundle([], {
      entry: [
        { fullUrl, resource: patient('', { id: undefined }) },
        { resource: observation('o1', { subject: { reference: fullUrl } }) }
      ]
    })
  )
  expect(new Set(parts.map(({ subject }) => subject.local.system))).not.toContain(localOf('p1').system)
  expect(new Set(parts.map(({ subject }) => subject.local.value)).size).toBe(1)
})
