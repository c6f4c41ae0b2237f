import { expect, test } from 'vitest'
import { ada, current, received } from './received.ts'
import { folded, mapped, pid, sending } from './sending.ts'

interface Head {
  readonly written?: string
  readonly number?: string
}

const said = (type: string, { written = '20261101100000', number = '' }: Head, ...segments: string[]) =>
  [`MSH|^~\\&|PAS|RZZ|CHESIL||${written}||${type}|1|P|2.4|${number}`, ...segments].join('\r')
const orderOf = (text: string) => {
  const { sourceTime, sourceSequence } = mapped(text)
  return { sourceTime, sourceSequence }
}
const sequenceOf = (text: string) => orderOf(text).sourceSequence

test.each([
  ['MDM', ['T01', 'T05', 'T07', 'T09', 'T11']],
  ['SIU', ['S12', 'S14', 'S26', 'S15', 'S17']],
  ['REF', ['I12', 'I13', 'I14']]
])('of two %s at one time, the one that follows the other in the course of things', (type, triggers) => {
  const places = triggers.map((trigger) => sequenceOf(said(`${type}^${trigger}`, {}, pid)))
  expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
})

test('of two reports at one time, the more settled one, and one that takes back comes last', () => {
  const ranks = ['P', 'F', 'C', 'W'].map((status) =>
    sequenceOf(said('ORU^R01', {}, pid, 'OBR|1||F1|T', `OBX|1|NM|C||1||||||${status}`))
  )
  expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b))
  const ofReport = sequenceOf(
    said('ORU^R01', {}, pid, `OBR|1||F1|T${'|'.repeat(21)}C`, 'OBX|1|NM|C||1||||||F')
  )
  expect(ofReport).toBe(ranks[2])
})

test('a report of which some results are there comes before the whole one', () => {
  const [some, all] = ['A', 'F'].map((status) =>
    sequenceOf(said('ORU^R01', {}, pid, `OBR|1||F1|T${'|'.repeat(21)}${status}`, 'OBX|1|NM|C||1'))
  )
  expect(some).toBeLessThan(all ?? 0)
})

test.each(['CA', 'DC', 'OC', 'OD', 'CR', 'DE'])(
  'an order is placed before it is taken back by %s',
  (code) => {
    const [placed, changed, gone] = ['NW', 'XO', code].map((control) =>
      sequenceOf(said('OML^O21', {}, pid, `ORC|${control}|P1`, 'OBR|1|P1||T'))
    ) as [number, number, number]
    expect(placed < changed && changed < gone).toBe(true)
  }
)

test('a sender’s own numbers come before what triggers mean', () => {
  const stay = (trigger: string, number: string) =>
    said(`ADT^${trigger}`, { number }, 'EVN||202611011000', pid, `PV1|1|I|W1${'|'.repeat(16)}77`)
  const texts = [stay('A01', '4'), stay('A03', '6'), stay('A13', '5')]
  expect(folded<{ status: string }>('Encounter', ...texts).status).toBe('finished')
})

test('of two at one time and of one rank, the one that was written later', () => {
  const [first, second] = ['20261101100000', '20261101100500'].map((written) =>
    orderOf(said('ADT^A08', { written }, 'EVN||202611010900', pid))
  )
  expect(first?.sourceTime).toBe(second?.sourceTime)
  expect(first?.sourceSequence).toBeLessThan(second?.sourceSequence ?? 0)
})

test.each(['', '1', '9999999', '2147483647', '999999999999999'])('number %j fits int4', (number) => {
  const place = sequenceOf(said('ADT^A29', { number, written: '20261122' }, 'EVN||19500101', pid))
  expect(Number.isInteger(place) && place >= 0 && place < 2 ** 31).toBe(true)
})

const report = (minute: number, reported: string, value: string, status: string) =>
  received(
    'ORU^R01',
    minute,
    ada,
    `OBR|1||F1|T|||202611010800${'|'.repeat(15)}${reported}|||${status}`,
    `OBX|1|NM|C^Code^L||${value}|g/L|||||${status}`
  )

test('an old result that is sent again does not undo its correction', () => {
  const told = [report(1, '202611010930', '140', 'F'), report(5, '202611010940', '104', 'C')]
  const again = report(30, '202611010930', '140', 'F')
  expect(current('Observation', ...told, again)['valueQuantity'].value).toBe(104)
})

test('a report is as old as the latest of its orders, and never much younger than its message', () => {
  const two = said(
    'ORU^R01',
    {},
    pid,
    ...['20261101080000', '20261101090000'].map((at, number) => `OBR|1||F${number}|T${'|'.repeat(18)}${at}`)
  )
  expect(orderOf(two).sourceTime).toBe('2026-11-01T09:00:00.000Z')
  const ahead = said('ORU^R01', {}, pid, `OBR|1||F1|T${'|'.repeat(18)}20271101`, 'OBX|1|NM|C||1')
  expect(orderOf(ahead).sourceTime).toBe('2026-11-01T10:00:00.000Z')
})

test('what a clock says of the future is no later than when the message came, and a little', () => {
  const { receivedAt } = sending()
  const limit = new Date(Date.parse(receivedAt) + 300_000).toISOString()
  expect(orderOf(said('ADT^A08', { written: '20991101' }, 'EVN||20991101', pid)).sourceTime).toBe(limit)
})

test('in the hour that a clock goes through twice, the sender’s numbers decide where there are any', () => {
  const moved = (trigger: string, time: string, number: string) =>
    said(
      `ADT^${trigger}`,
      { written: `2026102501${time}00`, number },
      `EVN||2026102501${time}`,
      pid,
      `PV1|1|I|W1${'|'.repeat(16)}77`
    )
  const status = (...texts: string[]) => folded<{ status: string }>('Encounter', ...texts).status
  expect(status(moved('A13', '50', '7'), moved('A03', '10', '8'))).toBe('finished')
  expect(orderOf(moved('A13', '50', '')).sourceTime).not.toBe(orderOf(moved('A03', '10', '')).sourceTime)
})
