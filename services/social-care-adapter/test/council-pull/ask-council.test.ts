import { councilSections } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { askCouncil } from '../../src/council-pull/ask-council.ts'
import { briefly, type Council, createCouncil, endpointOf, nhsNumber, personOf } from './council.ts'

const now = Date.UTC(2026, 10, 22, 9, 30)
const nothing: PullHistory = { isStale: false, sections: new Map(), held: new Map() }
/** Everything was told an hour ago; nothing of alerts was there. */
const told: PullHistory = {
  asAt: now - 3_600_000,
  isStale: false,
  sections: new Map(
    councilSections.map((name) => [
      name,
      { state: name === 'alerts' ? 'empty' : 'returned', coveredAt: now - 3_600_000, hasQuarantined: false }
    ])
  ),
  held: new Map([['Patient', new Set(['Patient/P1'])]])
}

async function ask(council: Council, history = told) {
  const found = await askCouncil(endpointOf(council), { nhsNumber, history, askedAt: now })
  const answer = 'body' in found ? JSON.parse(Buffer.from(found.body).toString()) : undefined
  return { found, answer, asked: briefly(council.asked) }
}

test('somebody never asked about is asked about whole', async () => {
  const { asked, answer } = await ask(createCouncil(), nothing)
  expect(asked).toEqual(['all'])
  expect(answer).toMatchObject({ mode: 'full' })
})

test('what is known whole is asked for its changes', async () => {
  const council = createCouncil()
  council.put('services', 's1', undefined, now)
  const { asked, answer } = await ask(council)
  expect(asked).toEqual(['changes'])
  expect(council.asked[0]?.since).toBe('2026-11-22T08:20:00.000Z')
  expect(answer).toMatchObject({ mode: 'changes', services: [{ id: 's1' }] })
})

describe('changes do not do, and everything is asked for,', () => {
  test('where the council knows the person by another number now', async () => {
    const council = createCouncil(personOf(nhsNumber, { laPersonId: 'P2' }))
    expect((await ask(council)).asked).toEqual(['changes', 'all'])
  })

  test('where something came into a section that was empty', async () => {
    const council = createCouncil()
    council.put('warnings', 'w1', undefined, now)
    const { asked, answer } = await ask(council)
    expect(asked).toEqual(['changes', 'all'])
    expect(answer).toMatchObject({ mode: 'full', warnings: [{ id: 'w1' }] })
  })
})

test('a whole answer to a question about changes will do', async () => {
  const council = createCouncil()
  council.isKnown = false
  const { asked, answer } = await ask(council)
  expect([asked, answer.known]).toEqual([['changes'], false])
})

test('changes that nobody asked for are no answer', async () => {
  const council = createCouncil()
  council.isStubborn = true
  const { found } = await ask(council, nothing)
  expect(found).toEqual({ outcome: 'failed', status: 200, code: 'changes-unasked' })
})

test('a council that fails is not asked twice', async () => {
  const council = createCouncil()
  council.failing = { outcome: 'timed-out' }
  const { found, asked } = await ask(council)
  expect([found, asked]).toEqual([{ outcome: 'timed-out' }, ['changes']])
})
