import type { DenyList } from '@chesil/contracts'
import type { FhirR4TypeAnswer } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { askEndpoint } from '../../src/fhir-pull/ask-endpoint.ts'
import { briefly, createTrust, endpointOf, nhsNumber, type Trust } from './trust.ts'

const now = Date.UTC(2026, 10, 22, 9, 30)
const hour = 3_600_000
const nothing: PullHistory = { isStale: false, sections: new Map(), held: new Map() }

/** All that the trust has was told an hour ago. */
const told = (trust: Trust, { coveredAt = now - hour } = {}): PullHistory => {
  const names = (type: string) => new Set(trust.ids(type).map((id) => `${type}/${id}`))
  const types = ['Encounter', 'Condition', 'Observation', 'DiagnosticReport']
  const covered = { state: 'returned', coveredAt, hasQuarantined: false }
  return {
    asAt: now - hour,
    isStale: false,
    sections: new Map(
      (['admissions', 'problems', 'investigations'] as const).map((section) => [section, covered])
    ),
    held: new Map([
      ['Patient', new Set(['Patient/p1'])],
      ...types.map((type) => [type, names(type)] as const)
    ])
  }
}

async function ask(trust: Trust, history = nothing, changes: Parameters<typeof endpointOf>[1] = {}) {
  const outcome = await askEndpoint(endpointOf(trust, changes), { nhsNumber, history, searchedAt: now })
  const types: Record<string, FhirR4TypeAnswer> =
    outcome.outcome === 'answered' ? Object.fromEntries(outcome.answer.byType) : {}
  return { outcome, types, refused: outcome.outcome === 'answered' ? outcome.refused : 0 }
}

const full = (): Trust => {
  const trust = createTrust()
  trust.put('Encounter', 'e1')
  trust.put('Condition', 'c1')
  trust.put('Observation', 'o1')
  trust.put('DiagnosticReport', 'r1')
  return trust
}
const everything = ['Condition all', 'DiagnosticReport all', 'Encounter all', 'Observation all']

test('somebody never asked about is asked about whole, visits first', async () => {
  const trust = full()
  const { types } = await ask(trust)
  expect(briefly(trust.asked)).toEqual(everything)
  expect(trust.asked[0]?.type).toBe('Encounter')
  expect(types).toMatchObject({ Encounter: { kind: 'full' }, Condition: { kind: 'full' } })
  expect(Object.keys(types)).toEqual(['Encounter', 'Condition', 'Observation', 'DiagnosticReport'])
})

test('what is known whole is asked for its changes; visits are always listed whole', async () => {
  const trust = full()
  const { types } = await ask(trust, told(trust))
  expect(briefly(trust.asked)).toEqual([
    'Condition changes',
    'DiagnosticReport changes',
    'Encounter all',
    'Observation changes'
  ])
  expect(types).toMatchObject({ Condition: { kind: 'increment' } })
})

describe('a sweep', () => {
  const old = { coveredAt: now - 48 * hour }

  test('asks for changes and for all ids', async () => {
    const trust = full()
    const { types } = await ask(trust, told(trust, old), { types: ['Condition'] })
    expect(briefly(trust.asked)).toEqual(['Condition changes', 'Condition ids'])
    expect(types).toMatchObject({ Condition: { kind: 'sweep', ids: [expect.stringContaining('"c1"')] } })
  })

  test('that lists what is not here and did not change asks for everything', async () => {
    const trust = full()
    const history = told(trust, old)
    trust.put('Condition', 'lost')
    const { types } = await ask(trust, history, { types: ['Condition'] })
    expect(types).toMatchObject({ Condition: { kind: 'full', pages: [expect.stringContaining('"lost"')] } })
  })

  test('whose list of ids fails has failed', async () => {
    const trust = full()
    const { client } = trust
    const search: typeof client.search = async (one) =>
      one.idsOnly ? { outcome: 'timed-out' } : client.search(one)
    const history = told(trust, old)
    const { types } = await ask({ ...trust, client: { ...client, search } }, history, {
      types: ['Encounter', 'Condition']
    })
    expect(types).toMatchObject({ Encounter: { kind: 'full' }, Condition: { failed: 'timed-out' } })
  })
})

test('a person whom the endpoint now knows by another id is asked about whole', async () => {
  const trust = full()
  const history = told(trust)
  trust.patients = [{ ...trust.patients[0], id: 'p2' }]
  await ask(trust, history)
  expect(briefly(trust.asked)).toEqual(everything)
})

test('nobody by that number is an answer about every type', async () => {
  const trust = full()
  trust.patients = []
  const { types } = await ask(trust)
  expect(trust.asked).toEqual([])
  expect(types).toMatchObject({
    Encounter: { kind: 'full', pages: [] },
    Condition: { kind: 'full', pages: [] }
  })
})

describe('a type that fails', () => {
  test.each([
    [{ outcome: 'timed-out' }, 'timed-out'],
    [{ outcome: 'breaker-open' }, 'breaker-open'],
    [{ outcome: 'failed', status: 500 }, '500'],
    [{ outcome: 'failed', code: 'page-loop' }, 'page-loop']
  ] as const)('is named, and spoils no other: %o', async (failure, word) => {
    const trust = full()
    trust.failing.set('Condition', failure)
    expect((await ask(trust)).types).toMatchObject({
      Condition: { failed: word },
      Observation: { kind: 'full' }
    })
  })

  test('with all the others leaves no answer', async () => {
    const trust = full()
    for (const type of ['Encounter', 'Condition', 'Observation', 'DiagnosticReport'])
      trust.failing.set(type, { outcome: 'timed-out' })
    expect((await ask(trust)).outcome).toEqual({ outcome: 'timed-out' })
  })

  test('is not asked where the person cannot be found', async () => {
    const trust = full()
    trust.failing.set('Patient', { outcome: 'not-disclosed' })
    expect((await ask(trust)).outcome).toEqual({ outcome: 'not-disclosed' })
    expect(trust.asked).toEqual([])
  })
})

describe('what the source does not share', () => {
  const clinic = { serviceType: { coding: [{ code: '360' }] } }
  const within = (id: string) => ({ encounter: { reference: `Encounter/${id}` } })

  test('is not in the answer, nor what belongs to it; its number is', async () => {
    const trust = full()
    trust.put('Encounter', 'e2', clinic)
    trust.put('Condition', 'c2', within('e2'))
    const { outcome, types, refused } = await ask(trust)
    expect(refused).toBe(2)
    expect(types).toMatchObject({ Encounter: { refused: 1 }, Condition: { refused: 1 } })
    expect(JSON.stringify(outcome)).not.toMatch(/e2|c2/)
    expect(types['Observation']).not.toHaveProperty('refused')
  })

  test('makes everything be asked for again: what belongs to it may be held from before', async () => {
    const trust = full()
    const history = told(trust)
    trust.put('Encounter', 'e1', clinic)
    await ask(trust, history)
    expect(briefly(trust.asked)).toEqual(everything)
  })

  test('among the changes makes its section be asked for whole: it may be held from before', async () => {
    const trust = full()
    const history = told(trust)
    trust.put('DiagnosticReport', 'r1', { code: { coding: [{ code: 'LET-9' }] } }, now)
    const { types } = await ask(trust, history, { refuse: { documentTypes: ['LET-9'] } })
    expect(types).toMatchObject({
      Condition: { kind: 'increment' },
      Observation: { kind: 'full' },
      DiagnosticReport: { kind: 'full', refused: 1 }
    })
  })

  test('cannot be told where visits failed: a type with items of unknown visits has failed, too', async () => {
    const trust = full()
    trust.put('Condition', 'c2', within('e2'))
    trust.put('Observation', 'o2', within('e1'))
    const history = told(trust)
    trust.failing.set('Encounter', { outcome: 'timed-out' })
    const { types } = await ask(trust, { ...history, sections: new Map() })
    expect(types).toMatchObject({
      Encounter: { failed: 'timed-out' },
      Condition: { failed: 'visits-unknown' },
      Observation: { kind: 'full' }
    })
  })

  test('is what the catalogue says, in place of the default', async () => {
    const trust = full()
    trust.put('Encounter', 'e2', clinic)
    expect((await ask(trust)).refused).toBe(1)
    expect((await ask(trust, nothing, { refuse: { treatmentFunctions: [] } })).refused).toBe(0)
    expect((await ask(trust, nothing, { refuse: { locations: ['L1'] } })).refused).toBe(1)
  })

  test.each<[string, object, DenyList | undefined, number]>([
    ['a clinic’s', { location: [{ location: { display: 'Sexual Health, East' } }] }, undefined, 1],
    [
      'a specialty’s, in a system of its own',
      { serviceType: { coding: [{ code: 'X', display: 'Fertility' }] } },
      undefined,
      1
    ],
    ['a specialty’s, without a code', { serviceType: { text: 'Gender-identity clinic' } }, undefined, 1],
    ['a specialty’s whole name', { serviceType: { text: 'GUM' } }, undefined, 1],
    ['of a list of its own', { serviceType: { text: 'Needle Exchange' } }, { words: ['needle exchange'] }, 1],
    ['of a list of its own, which has no other', { serviceType: { text: 'Fertility' } }, { words: [] }, 0],
    ['within another word', { serviceType: { text: 'Transfertility' } }, undefined, 0]
  ])('is what its name says in words: %s', async (_case, visit, refuse, count) => {
    const trust = full()
    trust.put('Encounter', 'e2', visit)
    trust.put('Condition', 'c2', within('e2'))
    expect((await ask(trust, nothing, refuse && { refuse })).refused).toBe(count * 2)
  })

  test('is a letter, but no test, whose name has such a word', async () => {
    const trust = createTrust()
    trust.put('DocumentReference', 'd1', {
      type: { coding: [{ code: 'L', display: 'Fertility clinic letter' }] }
    })
    trust.put('DocumentReference', 'd2', { content: [{ attachment: { title: 'Letter: Fertility' } }] })
    trust.put('DiagnosticReport', 'r1', { code: { text: 'Fertility hormones' } })
    const { refused } = await ask(trust, nothing, { types: ['DocumentReference', 'DiagnosticReport'] })
    expect(refused).toBe(2)
  })
})
