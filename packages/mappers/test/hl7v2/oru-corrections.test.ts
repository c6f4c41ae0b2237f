import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultsIn } from './faults.ts'
import { ada, currentItems, inAnyOrder, received } from './received.ts'

/** What a laboratory says of three results in one message; `undefined` says nothing. */
const said = fc.record({
  report: fc.constantFrom('F', 'P', 'C', 'A', 'X', '', '""', 'W'),
  statuses: fc.tuple(
    ...[1, 2, 3].map(() =>
      fc.option(fc.constantFrom('F', 'C', 'P', 'R', 'S', 'I', 'X', 'D', 'W'), { nil: undefined, freq: 3 })
    )
  ),
  isFile: fc.boolean()
})
type Told = typeof said extends fc.Arbitrary<infer T> ? T : never

const toText = ({ report, statuses, isFile }: Told, minute: number): string => {
  const obx = statuses.flatMap((status, at) =>
    status === undefined ? [] : [`OBX|${at}|NM|C${at}^Code^L||${minute}.${at}|g/L|||||${status}`]
  )
  const file = isFile ? [`OBX|9|ED|R^Report^L||^IM^PDF^Base64^JVBERi0xLjQK||||||F`] : []
  const obr = `OBR|1|P1|F1|T^Test^L|||202611010800|||||||||||||||20261101090${minute}|||${report}`
  return received('ORU^R01', minute, ada, obr, ...obx, ...file)
}

const histories = fc.array(said, { minLength: 1, maxLength: 6 }).map((history) => history.map(toText))
const shuffled = histories.chain((texts) =>
  fc.record({
    texts: fc.constant(texts),
    arriving: inAnyOrder([...texts, ...texts])
  })
)
const toState = (texts: readonly string[]): string =>
  JSON.stringify([...currentItems(...texts)].sort(([a], [b]) => (a < b ? -1 : 1)))

test('corrections and withdrawals come to one state, in whatever order and however often they arrive', () => {
  void fc.assert(
    fc.property(shuffled, ({ texts, arriving }) => {
      expect(toState(arriving)).toBe(toState(texts))
    }),
    { numRuns: 500 }
  )
})

test('after them each result is what was said of it last, and one that was withdrawn last is nowhere', () => {
  const word: Readonly<Record<string, string>> = {
    F: 'final',
    C: 'corrected',
    X: 'cancelled',
    I: 'registered'
  }
  void fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), (history) => {
      const items = currentItems(...history.map(toText))
      for (const at of [0, 1, 2]) {
        const last = history.findLast(({ statuses }) => statuses[at] !== undefined)
        const code = last?.statuses[at] ?? 'D'
        const isGone = code === 'D' || code === 'W' || last?.report === 'W'
        const expected = isGone ? undefined : (word[code] ?? 'preliminary')
        expect(items.get(`Observation/result/F1/T/C${at}/`)?.['status']).toBe(expected)
      }
      expect(faultsIn(items)).toEqual([])
    }),
    { numRuns: 150 }
  )
})

test('a report never names a result that was withdrawn after it', () => {
  void fc.assert(
    fc.property(histories, (texts) => {
      const items = currentItems(...texts)
      const there = new Set([...items.values()].map(({ id }) => `Observation/${id}`))
      const named = items.get('DiagnosticReport/report/F1/T')?.['result'] ?? []
      expect(named.filter(({ reference }: { reference: string }) => !there.has(reference))).toEqual([])
    }),
    { numRuns: 200 }
  )
})
