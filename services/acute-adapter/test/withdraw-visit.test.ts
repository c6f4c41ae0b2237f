import type { ContributionEntry, MessagePart } from '@chesil/contracts'
import { hl7v2ToContributions } from '@chesil/mappers'
import { type ContributionOfVisit, packBody, visitHashOf } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { withStays } from '../src/map/with-stays.ts'
import { withdrawVisit } from '../src/map/withdraw-visit.ts'
import { contextOf } from '../src/message-context.ts'
import { hospital, message, pid, segment } from './support.ts'

const receivedAt = '2026-11-22T10:00:00Z'

const entry = (
  resourceType: ContributionEntry['resourceType'],
  sourceResourceId: string
): ContributionEntry => ({
  resourceType,
  sourceResourceId,
  sections: ['admissions']
})

async function contribution(isMixed: boolean, person: string, ...entries: ContributionEntry[]) {
  const part: MessagePart = {
    subject: { local: { system: 'urn:hospital', value: person } },
    contribution: { mode: 'delta', sections: [], entries, quarantined: [] },
    identity: [],
    documents: []
  }
  const body = await packBody(JSON.stringify(part))
  const sourceTime = Date.parse(receivedAt) - 60_000
  return {
    id: person,
    patientId: person,
    state: 'applied',
    isMixed,
    sourceTime,
    body
  } satisfies ContributionOfVisit
}

async function withdrawn(...contributions: ContributionOfVisit[]) {
  const visit = {
    sourceId: 'hospital',
    hashes: [visitHashOf('hospital', 'V2')],
    receivedAt
  }
  const mapped = await withdrawVisit(contributions, visit)
  if (mapped.outcome !== 'mapped') throw new Error(mapped.reason)
  return mapped.parts.map(({ subject, contribution: { entries } }) => [
    subject.local.value,
    ...entries.map(({ sourceResourceId }) => sourceResourceId)
  ])
}

test('all that messages of a refused stay named is withdrawn, but the person', async () => {
  const entries = [entry('Patient', '4711'), entry('Encounter', 'visit/V2'), entry('Observation', 'o')]
  expect(await withdrawn(await contribution(false, '4711', ...entries))).toEqual([['4711', 'visit/V2', 'o']])
})

test('a withdrawal is later than what it withdraws, though its sender’s clock is ahead of ours', async () => {
  const ahead = Date.parse(receivedAt) + 240_000
  const said = { ...(await contribution(false, '4711', entry('Encounter', 'visit/V2'))), sourceTime: ahead }
  const hashes = [visitHashOf('hospital', 'V2')]
  const mapped = await withdrawVisit([said], { sourceId: 'hospital', hashes, receivedAt })
  expect(mapped.outcome === 'mapped' && Date.parse(mapped.sourceTime)).toBeGreaterThan(ahead)
})

test('of a message that tells of another stay as well, that one is left', async () => {
  const [mine, theirs] = await Promise.all([
    contribution(true, '4711', entry('Encounter', 'visit/V1'), entry('Condition', 'c1')),
    contribution(true, '4712', entry('Encounter', 'visit/V2'), entry('Condition', 'c2'))
  ])
  expect(await withdrawn(mine, theirs)).toEqual([['4712', 'visit/V2', 'c2']])
})

describe('of results of several people, of whom no stay is told:', () => {
  const group = (person: string, visit: string) => [
    `PID|1||${person}^^^RCB^MR`,
    segment('PV1', { 2: 'O', 19: visit }),
    `OBR|1||R${person}|HB^Haemoglobin`,
    `OBX|1|NM|718-7^Haemoglobin^LN||${person}|g/L|||||F`
  ]
  const text = message({ type: 'ORU^R01', segments: [...group('4711', 'V1'), ...group('4712', 'V2')] })
  const context = contextOf(hospital({ id: 'hospital' }), receivedAt)
  const mapped = hl7v2ToContributions(text, context)
  const keep = (parts: readonly MessagePart[]) =>
    Promise.all(
      parts.map(async (part) => ({
        ...(await contribution(true, part.subject.local.value)),
        body: await packBody(JSON.stringify(part))
      }))
    )
  const parts = mapped.outcome === 'mapped' ? mapped.parts : []

  test('those of the refused stay are withdrawn, and no others', async () => {
    const found = await withdrawn(...(await keep(withStays(parts, text, context))))
    expect(found.map(([person, ...items]) => [person, items.length])).toEqual([['4712', 2]])
  })

  test('where it was not kept of which stay they are, all are withdrawn', async () => {
    const found = await withdrawn(...(await keep(parts)))
    expect(found.map(([person]) => person)).toEqual(['4711', '4712'])
  })
})

test('of a message about one stay it is not kept of which stay it is', () => {
  const text = message({ segments: [pid, segment('PV1', { 2: 'I', 19: 'V1' })] })
  const context = contextOf(hospital(), receivedAt)
  const mapped = hl7v2ToContributions(text, context)
  if (mapped.outcome !== 'mapped') throw new Error(mapped.reason)
  expect(withStays(mapped.parts, text, context)).toEqual(mapped.parts)
})

test('what was purged already is not withdrawn again', async () => {
  expect(
    await withdrawn({ ...(await contribution(false, '4711', entry('Encounter', 'x'))), body: null })
  ).toEqual([])
})
