import type { ItemEvent } from '@chesil/contracts'
import type { Encounter, Resource } from '@chesil/fhir'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldEvents, type OrderedEvent } from '../src/fold-events.ts'

const base: Encounter = { resourceType: 'Encounter', id: 'stay', status: 'unknown', class: { code: 'UNK' } }
const ward = (display: string) => [{ location: { display } }]
const day = (number: number) => `2026-11-0${number}`

const event = (kind: string, set: ItemEvent['set'] = {}, more: Partial<ItemEvent> = {}): ItemEvent => ({
  base,
  kind,
  set,
  ...more
})

/** Events in the source's order, a day apart. */
const inOrder = (...events: readonly ItemEvent[]): OrderedEvent[] =>
  events.map((one, at) => ({
    order: { time: `${day(at + 1)}T00:00:00.000Z`, sequence: 0, hash: String(at) },
    event: { at: day(at + 1), ...one }
  }))

const fold = (...events: readonly ItemEvent[]) => foldEvents(inOrder(...events)) as Encounter & Resource

test('nothing is folded to nothing', () => {
  expect(foldEvents([])).toBeUndefined()
})

test('later events win, element by element', () => {
  const stay = fold(
    event('a', { 'period.start': day(1), priority: { text: 'high' } }),
    event('b', { 'period.end': day(2) })
  )
  expect(stay).toMatchObject({ period: { start: day(1), end: day(2) }, priority: { text: 'high' } })
})

test('the base is that of the latest event, and stays as it was', () => {
  const other = { ...base, status: 'planned' as const }
  expect(fold(event('a'), event('b', { 'period.start': day(1) }, { base: other })).status).toBe('planned')
  expect(other).not.toHaveProperty('period')
})

test('a path that is cleared falls back to the base', () => {
  expect(fold(event('a', { status: 'finished' }), event('b', {}, { clear: ['status'] })).status).toBe(
    'unknown'
  )
})

test('the members of a list are set and cleared key by key', () => {
  const one = (text: string) => [{ type: [{ text }] }]
  const stay = fold(
    event('a', { 'participant#ATND': one('first'), 'participant#REF': one('referrer') }),
    event('b', { 'participant#ATND': one('second') }),
    event('c', { 'participant#CON': [] })
  )
  expect(stay.participant).toEqual([...one('second'), ...one('referrer')])
  expect(
    fold(event('a', { 'participant#A': one('a') }), event('b', {}, { clear: ['participant#A'] }))
  ).not.toHaveProperty('participant')
})

test('a key adds to what the base has', () => {
  const tagged = { ...base, meta: { tag: [{ code: 'source' }] } }
  const stay = fold(event('a', { 'meta.tag#degraded': [{ code: 'degraded' }] }, { base: tagged }))
  expect(stay.meta?.tag).toEqual([{ code: 'source' }, { code: 'degraded' }])
})

test('an extension is set by its URL, where its path says', () => {
  const url = 'https://fhir.example/Extension-Method'
  const method = { valueString: 'booked' }
  expect(fold(event('a', { [`hospitalization.${url}`]: method }))).toMatchObject({
    hospitalization: { extension: [{ url, ...method }] }
  })
  expect(fold(event('a', { [url]: method }))).toMatchObject({ extension: [{ url, ...method }] })
})

test('values join a list once, and leave it', () => {
  const [a, b] = [{ text: 'a' }, { text: 'b' }]
  const stay = fold(
    event('a', {}, { add: { type: [a] } }),
    event('b', {}, { add: { type: [a, b] } }),
    event('c', {}, { drop: { type: [a] } })
  )
  expect(stay.type).toEqual([b])
})

test('a cancelled event never happened: the latest of its kind', () => {
  const moved = (to: string) => event('transfer', { location: ward(to) })
  const stay = fold(moved('W1'), moved('W2'), moved('W3'), event('cancel', {}, { cancels: 'transfer' }))
  expect(stay.location?.map(({ location }) => location.display)).toEqual(['W1', 'W2'])
})

test('a deletion ends what was before it, and a later event makes the item anew', () => {
  const gone = event('deletion', {}, { deletes: true })
  expect(foldEvents(inOrder(event('a', { priority: { text: 'high' } }), gone))).toBeUndefined()
  expect(fold(event('a', { priority: { text: 'high' } }), gone, event('b'))).not.toHaveProperty('priority')
})

test('a stay remembers how it stood and of which class it was', () => {
  const amb = { code: 'AMB' }
  const stay = fold(
    event('a', { status: 'planned', class: amb }),
    event('b', { status: 'in-progress' }),
    event('c')
  )
  expect(stay).toMatchObject({
    status: 'in-progress',
    statusHistory: [{ status: 'planned', period: { start: day(1), end: day(2) } }],
    class: amb
  })
  expect(stay).not.toHaveProperty('classHistory')
})

test('a stay remembers where it was, and the last place ends with the stay', () => {
  const stay = fold(
    event('a', { location: ward('W1') }),
    event('b', { location: ward('W1') }),
    event('c', { location: ward('W2') }),
    event('d', { 'period.end': day(4), status: 'finished' })
  )
  expect(stay.location).toEqual([
    { location: { display: 'W1' }, status: 'completed', period: { start: day(1), end: day(3) } },
    { location: { display: 'W2' }, status: 'completed', period: { start: day(3), end: day(4) } }
  ])
})

test.each([
  ['planned', 'planned'],
  ['in-progress', 'active'],
  ['cancelled', 'completed'],
  ['finished', 'completed']
])('a place of a stay that is %s and has no end is %s', (status, expected) => {
  expect(fold(event('a', { status, location: ward('W1') })).location?.[0]?.status).toBe(expected)
})

test('an end before the beginning is left out', () => {
  const stay = fold(event('a', { 'period.start': day(5) }), event('b', { 'period.end': day(2) }))
  expect(stay.period).toEqual({ start: day(5) })
})

test('no history ends before it begins, though a source dates its events backwards', () => {
  const stay = fold(
    event('a', { status: 'planned' }, { at: day(5) }),
    event('b', { status: 'in-progress' }, { at: day(2) })
  )
  expect(stay).not.toHaveProperty('statusHistory')
})

test('an event that comes too late for how the item stands changes nothing of what it keeps', () => {
  const unless = { path: 'status', is: ['finished'], keeps: ['status', 'period.end'] }
  const again = event(
    'admission',
    { status: 'in-progress', priority: { text: 'x' } },
    { unless, clear: ['period.end'] }
  )
  const ended = event('discharge', { status: 'finished', 'period.end': day(3) })
  expect(fold(ended, again)).toMatchObject({
    status: 'finished',
    period: { end: day(3) },
    priority: { text: 'x' }
  })
  expect(fold(ended, again)).not.toHaveProperty('statusHistory')
  expect(fold(ended, event('cancel', { status: 'unknown' }), again).status).toBe('in-progress')
})

test('a report whose results and files were all taken back is no longer what it called itself', () => {
  const about = { base: { resourceType: 'DiagnosticReport', id: 'report' } as Resource }
  const final = { status: 'final', 'presentedForm#a': [{ title: 'a' }] }
  const told = event('report', final, { ...about, add: { result: [{ reference: 'Observation/1' }] } })
  const noResult = event('report', {}, { ...about, drop: { result: [{ reference: 'Observation/1' }] } })
  const noFile = event('report', { 'presentedForm#a': [] }, about)
  expect(fold(told, noResult).status).toBe('final')
  expect(fold(told, noFile).status).toBe('final')
  expect(fold(told, noResult, noFile).status).toBe('entered-in-error')
  expect(fold(told, noResult, noFile, told).status).toBe('final')
  expect(fold(event('report', { status: 'final' }, about)).status).toBe('final')
})

test('the order in which events arrive changes nothing, nor does the same one again', () => {
  const anEvent = fc.record({
    kind: fc.constantFrom('admission', 'transfer', 'discharge'),
    at: fc.integer({ min: 1, max: 9 }).map(day),
    set: fc.dictionary(
      fc.constantFrom('status', 'class', 'location', 'participant#A', 'period.end'),
      fc.constant([1])
    ),
    cancels: fc.option(fc.constantFrom('transfer', 'discharge'), { nil: undefined }),
    deletes: fc.option(fc.constant(true as const), { nil: undefined, freq: 10 })
  })
  const events = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), anEvent), { maxLength: 12 })
  void fc.assert(
    fc.property(events, fc.infiniteStream(fc.integer()), (told, randoms) => {
      const ordered = told.map(([at, { cancels, deletes, ...one }], hash) => ({
        order: { time: day(at), sequence: 0, hash: String(hash) },
        event: { base, ...one, ...(cancels && { cancels }), ...(deletes && { deletes }) }
      }))
      const repeated = ordered.flatMap((one, at) => (at % 2 === 0 ? [one, one] : [one]))
      const shuffled = repeated
        .map((one) => [randoms.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
      expect(foldEvents(shuffled.map(([, one]) => one))).toEqual(foldEvents(ordered))
    }),
    { numRuns: 500 }
  )
})
