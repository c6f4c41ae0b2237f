import type { ContributionEntry, MessagePart } from '@chesil/contracts'
import { type ContributionOfVisit, packBody, visitHashOf } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { withdrawVisit } from '../src/map/withdraw-visit.ts'

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
  return { id: person, patientId: person, state: 'applied', isMixed, body } satisfies ContributionOfVisit
}

async function withdrawn(...contributions: ContributionOfVisit[]) {
  const visit = {
    sourceId: 'hospital',
    hashes: [visitHashOf('hospital', 'V2')],
    receivedAt: '2026-11-22T10:00:00Z'
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

test('of a message that tells of another stay as well, that one is left', async () => {
  const [mine, theirs] = await Promise.all([
    contribution(true, '4711', entry('Encounter', 'visit/V1'), entry('Condition', 'c1')),
    contribution(true, '4712', entry('Encounter', 'visit/V2'), entry('Condition', 'c2'))
  ])
  expect(await withdrawn(mine, theirs)).toEqual([['4712', 'visit/V2', 'c2']])
})

test('what was purged already is not withdrawn again', async () => {
  expect(
    await withdrawn({ ...(await contribution(false, '4711', entry('Encounter', 'x'))), body: null })
  ).toEqual([])
})
