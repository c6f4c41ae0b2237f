import { describe, expect, test } from 'vitest'
import { decideGate, decideGateWithoutPds, type PdsStatus } from '../src/index.ts'
import { day, minute, now } from './builders.ts'

const traced = (status: PdsStatus, age: number, objection = false) => ({
  trace: { status, tracedAt: now - age },
  objection
})

const current = [
  ['just now', 0],
  ['exactly 24 hours ago', day],
  ['by a clock ten minutes ahead', -10 * minute]
] as const
const old = [
  ['a millisecond more than 24 hours ago', day + 1],
  ['a year ago', 365 * day]
] as const

describe.each([
  ['unrestricted', 'open', 'open-without-address'],
  ['restricted', 'closed', 'closed'],
  ['very-restricted', 'closed', 'closed'],
  ['redacted', 'closed', 'closed'],
  ['invalidated', 'closed', 'closed'],
  ['not-found', 'closed', 'closed']
] as const)('somebody whom PDS called %s', (status, verdict, verdictWithoutPds) => {
  test.each(current)(`${verdict}, traced %s`, (_case, age) => {
    expect(decideGate(traced(status, age), now)).toBe(verdict)
  })

  test.each(old)('is traced again before anything else, traced %s', (_case, age) => {
    expect(decideGate(traced(status, age), now)).toBe('trace')
  })

  test.each([...current, ...old])(`${verdictWithoutPds} while PDS is away, traced %s`, (_case, age) => {
    expect(decideGateWithoutPds(traced(status, age))).toBe(verdictWithoutPds)
  })

  test.each([...current, ...old])('closed by an objection, without asking PDS, traced %s', (_case, age) => {
    expect(decideGate(traced(status, age, true), now)).toBe('closed')
    expect(decideGateWithoutPds(traced(status, age, true))).toBe('closed')
  })
})

describe('somebody never traced', () => {
  test('is traced before anything else, and refused while PDS is away', () => {
    const facts = { trace: undefined, objection: false }
    expect(decideGate(facts, now)).toBe('trace')
    expect(decideGateWithoutPds(facts)).toBe('refused')
  })

  test('and who objects is closed, without asking PDS', () => {
    const facts = { trace: undefined, objection: true }
    expect(decideGate(facts, now)).toBe('closed')
    expect(decideGateWithoutPds(facts)).toBe('closed')
  })
})
