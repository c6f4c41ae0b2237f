import type { Rate } from './load.ts'
import type { PeerRow } from './peer.ts'
import type { ReadRow, ReadsResult } from './reads.ts'

type Print = (line?: string) => void
const whole = (value: number) => Math.round(value).toLocaleString('en-GB')
const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)

/** Tables of answers a second, with p50/p99 in ms, and the ratios that goals are set for. */
export function printReads({ warm, cold, search }: ReadsResult, print: Print): void {
  print('\n## Answers of a view in memory: answers a second, and p50/p99 in ms\n')
  printTable(warm, ['chesil', 'memory-audited', 'memory'], print)
  print('\n## $everything read from PostgreSQL\n')
  printTable(cold, ['chesil-cold', 'rows-audited', 'rows'], print)
  print('\n## The last twenty results of one code\n')
  printTable(search, ['chesil', 'query-audited', 'query'], print)
}

export function printPeer(rows: readonly PeerRow[], print: Print): void {
  print('\n## Another FHIR server: answers a second, and p50/p99 in ms\n')
  print('| | KB | connections | answers |')
  print('|---|---|---|---|')
  for (const { what, bytes, connections, rate } of rows) {
    const answers = `${whole(rate.perSecond)} (${ms(rate.p50Ms)}/${ms(rate.p99Ms)})`
    print(`| ${what} | ${whole(bytes / 1024)} | ${connections} | ${answers} |`)
  }
}

function printTable<Answerer extends string>(
  rows: readonly ReadRow<Answerer>[],
  answerers: readonly [Answerer, Answerer, Answerer],
  print: Print
): void {
  const [chesil, audited, unaudited] = answerers
  const ratio = (rates: Readonly<Record<Answerer, Rate>>, other: Answerer) =>
    (rates[chesil].perSecond / rates[other].perSecond).toFixed(2)
  print(
    `| resources | KB | connections | ${answerers.join(' | ')} | ÷ ${audited} | ÷ ${unaudited} | p99 ÷ p50 |`
  )
  print(`|${'---|'.repeat(answerers.length + 6)}`)
  for (const { what, bytes, connections, rates } of rows) {
    const cells = answerers.map((answerer) => {
      const { perSecond, p50Ms, p99Ms } = rates[answerer]
      return `${whole(perSecond)} (${ms(p50Ms)}/${ms(p99Ms)})`
    })
    const { p50Ms, p99Ms } = rates[chesil]
    const ratios = [ratio(rates, audited), ratio(rates, unaudited), (p99Ms / p50Ms).toFixed(1)]
    print(`| ${[what, whole(bytes / 1024), connections, ...cells, ...ratios].join(' | ')} |`)
  }
}
