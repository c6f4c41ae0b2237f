import type { ContributionEntry } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
// What Chesil makes of the day: the oracle is told without it, and must say the same.
import { foldEvents } from '../../../care-record/src/index.ts'
import { createValidator } from '../../../fhir-validator/src/index.ts'
import { hl7v2ToContributions } from '../../../mappers/src/index.ts'
import {
  createPeople,
  createPractices,
  createTrusts,
  type ExpectedItem,
  expectedRecords,
  hospitalDay,
  type Trust
} from '../../src/index.ts'

const people = createPeople({ seed: 'demo', count: 25, practices: createPractices(5) }).filter(({ kind }) =>
  ['ordinary', 'superseded'].includes(kind)
)
const [trust] = createTrusts(1) as [Trust]
const day = hospitalDay({ seed: 'day', people, asAt: '2026-11-21', trust })

const context = {
  source: {
    id: 'hl7v2-r9z',
    odsCode: 'R9Z',
    name: trust.name,
    patientNumberSystem: 'https://chesil.example/Id/R9Z',
    patientNumberAuthorities: []
  },
  receivedAt: '2026-11-22T09:00:00Z',
  personId: ({ value }: { readonly value: string }) => `person-${value}`,
  resourceId: (type: string, id: string) => `${type}-${id}`.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(-64)
}

interface Said {
  readonly entry: ContributionEntry
  readonly order: Parameters<typeof foldEvents>[0][number]['order']
}

/** Each item as all messages together leave it, by type and the name the mapper gives it, in lower case. */
function itemsLeft(): ReadonlyMap<string, Resource | undefined> {
  const said = new Map<string, Said[]>()
  for (const message of day.filter(({ expectation }) => expectation.effect === 'applied')) {
    const mapped = hl7v2ToContributions(message.text, context)
    if (mapped.outcome !== 'mapped') throw new Error(`${message.name} was refused`)
    const order = { time: mapped.sourceTime, sequence: mapped.sourceSequence, hash: message.controlId }
    for (const entry of mapped.parts.flatMap(({ contribution }) => contribution.entries)) {
      const key = `${entry.resourceType} ${entry.sourceResourceId}`.toLowerCase()
      said.set(key, [...(said.get(key) ?? []), { entry, order }])
    }
  }
  return new Map([...said].map(([key, all]) => [key, leftOf(all)]))
}

function leftOf(said: readonly Said[]): Resource | undefined {
  const events = said.flatMap(({ entry, order }) => (entry.event ? [{ order, event: entry.event }] : []))
  if (events.length > 0) return foldEvents(events)
  return said.toSorted((a, b) => (a.order.time < b.order.time ? -1 : 1)).at(-1)?.entry.resource
}

const left = itemsLeft()

function found({ resourceType, key }: ExpectedItem): Resource | undefined {
  const [type, name] = [`${resourceType} `, key].map((text) => text.toLowerCase())
  const match = [...left].find(([known]) => known.startsWith(String(type)) && known.includes(String(name)))
  return match?.[1]
}

const expected = [...expectedRecords(day).values()].flat()
const types = [...new Set(expected.map(({ resourceType }) => resourceType))].sort()

describe.each(types)('every %s is left as the oracle says', (type) => {
  const items = expected.filter(({ resourceType }) => resourceType === type)

  test('it is there, and says what it is to say', () => {
    for (const item of items.filter(({ shown }) => shown)) {
      const resource = found(item)
      expect(resource, item.key).toBeDefined()
      if (item.status !== undefined) expect(resource, item.key).toMatchObject({ status: item.status })
      const text = JSON.stringify(resource)
      if (item.contains !== undefined) expect(text).toContain(item.contains)
      if (item.lacks !== undefined) expect(text).not.toContain(item.lacks)
    }
  })

  test('or is not there, or says that it is not to be used', () => {
    for (const item of items.filter(({ shown }) => !shown)) {
      const resource = found(item) as { readonly status?: string } | undefined
      if (resource) expect(['superseded', 'entered-in-error']).toContain(resource.status)
    }
  })
})

test('whatever is left is valid', () => {
  const { validate } = createValidator()
  const wrong = [...left].flatMap(([key, resource]) =>
    resource && !key.startsWith('binary ') ? validate(resource).map((issue) => ({ key, ...issue })) : []
  )
  expect(wrong).toEqual([])
})
