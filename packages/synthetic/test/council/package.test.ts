import { expect, test } from 'vitest'
import { councilPackages } from '../../src/index.ts'
import { council, people, rowsOf } from './submissions.ts'

const few = people.slice(0, 200)
const packagesAt = (asAt: string, seed = 'demo') => [...councilPackages({ seed, people: few, council, asAt })]

test('packages are the same for the same seed and day, one for a person', () => {
  expect(packagesAt('2026-09-30')).toEqual(packagesAt('2026-09-30'))
  expect(packagesAt('2026-09-30')).not.toEqual(packagesAt('2026-09-30', 'other'))
  const keys = packagesAt('2026-09-30').map(({ personKey }) => personKey)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.length).toBeGreaterThan(100)
})

test('their services are those that a submission up to that day has in force', () => {
  const open = rowsOf({ people: few, period: { start: '2026-07-01', end: '2026-09-30' } }).filter(
    ({ personKey, expectation: { event } }) =>
      personKey !== undefined && event?.type === 'Service' && (event.end ?? '9999') >= '2026-09-30'
  )
  const inForce = packagesAt('2026-09-30').flatMap(({ personKey, services }) =>
    services
      // Who died may have a service that was never closed.
      .filter(({ end = '9999' }) => end >= '2026-09-30')
      .map(({ eventId }) => `${personKey} ${eventId}`)
  )
  expect(inForce.sort()).toEqual(open.map(({ personKey, eventId }) => `${personKey} ${eventId}`).sort())
})

test('who works for a person, and what to beware of, stays the same', () => {
  const [one, later] = ['2026-03-31', '2026-09-30'].map(
    (day) =>
      new Map(packagesAt(day).map(({ personKey, services: _, reviews: __, ...rest }) => [personKey, rest]))
  )
  const both = [...(one ?? [])].filter(([key]) => later?.has(key))
  expect(both.length).toBeGreaterThan(100)
  for (const [key, rest] of both) expect(later?.get(key)).toEqual(rest)
})

test('care is reviewed once a year: the next review lies ahead, and is another one next year', () => {
  const dueOf = (day: string) =>
    new Map(packagesAt(day).map(({ personKey, reviews }) => [personKey, reviews[0]?.due ?? '']))
  const [now, later] = [dueOf('2026-06-30'), dueOf('2027-06-30')]
  expect([...now.values()].every((due) => due > '2026-06-30' && due <= '2027-06-30')).toBe(true)
  const both = [...now].filter(([key]) => later.has(key))
  expect(both.every(([key, due]) => later.get(key)?.slice(5) === due.slice(5))).toBe(true)
})

test('the council’s number in a package is the one in its submissions', () => {
  const numbers = new Map(
    rowsOf({ people: few, period: { start: '2026-07-01', end: '2026-09-30' } }).map(
      ({ personKey, cells }) => [personKey, cells.LA_Person_Unique_Identifier]
    )
  )
  for (const { personKey, laPersonId } of packagesAt('2026-09-30'))
    expect(laPersonId).toBe(numbers.get(personKey))
})
