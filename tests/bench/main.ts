import { parseArgs } from 'node:util'
import { benchGarbage } from './garbage.ts'
import { benchInbox } from './inbox.ts'
import { benchMessages } from './messages.ts'
import { benchPeer } from './peer.ts'
import { printPeer, printReads } from './print-reads.ts'
import { benchPullToReadable } from './pull-to-readable.ts'
import { benchReads } from './reads.ts'
import { benchReplica } from './replica.ts'
import { openBenchServers, startBenchRedis } from './servers.ts'
import { benchSubmissions } from './submissions.ts'
import { benchUnwell, type UnwellResult } from './unwell.ts'
import { benchWebhookToVisible } from './webhook-to-visible.ts'
import { benchAccepting } from './webhooks.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'reads,replica,pulls,unwell,messages,garbage,submissions,webhooks' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' }
  }
})
/** So many pairs of rounds: a 95th percentile of few is chance. */
const unwellRounds = 40
const garbageDays = 12
const turns = { seconds: Number(values.seconds), rounds: Number(values.rounds) }
const print = (line = '') => process.stdout.write(`${line}\n`)
const whole = (value: number) => Math.round(value).toLocaleString('en-GB')

const servers = await openBenchServers()
try {
  if (values.only.includes('reads')) {
    const result = await benchReads(servers, {
      sizes: [100, 500, 3000],
      filteredSize: 500,
      connections: [1, 16],
      ...turns
    })
    printReads(result, print)
    const { BENCH_PEER_URL: baseUrl, BENCH_PEER_TOKEN: token, BENCH_PEER_PATIENT: patientId } = process.env
    if (baseUrl)
      printPeer(await benchPeer({ baseUrl, token, patientId }, { connections: [1, 16], ...turns }), print)
  }
  if (values.only.includes('replica')) await printReplica()
  if (values.only.includes('pulls')) await printPulls()
  if (values.only.includes('unwell')) await printUnwell()
  if (values.only.includes('messages')) {
    await printInbox()
    await printMessages()
  }
  if (values.only.includes('garbage')) await printGarbage()
  if (values.only.includes('submissions')) await printSubmissions()
  if (values.only.includes('webhooks')) await printWebhooks()
} finally {
  await servers.stop()
}

async function printInbox(): Promise<void> {
  print('\n## Keeping a message: messages a second\n')
  print('| bare insert, one by one | bare insert, 16 side by side | the door, 16 to a commit |')
  print('|---|---|---|')
  const rates = await benchInbox(servers.databaseUrl, Number(values.seconds))
  print(`| ${[rates.bareOneByOne, rates.bareSixteenAtOnce, rates.takenInSixteens].map(whole).join(' | ')} |`)
}

async function printMessages(): Promise<void> {
  print('\n## A trust’s messages: from the acknowledgement to the record\n')
  print(
    '| people | PDS asked before | sent | messages | AA a second | applied a second | read in `$everything` after AA, p50/p99 ms (samples) |'
  )
  print('|---|---|---|---|---|---|---|')
  for (const bench of [
    { people: 1_000, ratePerSecond: 100, inFlight: 4, connections: 4, isTraced: true, isSampled: true },
    { people: 1_000, ratePerSecond: 100, inFlight: 4, connections: 4, isTraced: false, isSampled: true },
    { people: 1_000, ratePerSecond: 10_000, inFlight: 16, connections: 8, isTraced: true, isSampled: false }
  ]) {
    const { messages, acknowledgedPerSecond, appliedPerSecond, readable } = await benchMessages(
      servers,
      bench
    )
    const cells = [
      bench.people,
      bench.isTraced ? 'yes' : 'no',
      bench.ratePerSecond === 10_000 ? 'at once' : `${bench.ratePerSecond}/s`,
      messages,
      whole(acknowledgedPerSecond),
      whole(appliedPerSecond),
      readable.samples === 0 ? '-' : `${whole(readable.p50)}/${whole(readable.p99)} (${readable.samples})`
    ]
    print(`| ${cells.join(' | ')} |`)
  }
}

async function printGarbage(): Promise<void> {
  print('\n## A trust beside one that sends garbage at full speed: ms until its messages are acknowledged\n')
  print(
    '| garbage | MB a second | messages | p50 alone | p50 beside | p95 alone | p95 beside | p95 ratio | 90 % of draws |'
  )
  print('|---|---|---|---|---|---|---|---|---|')
  for (const kind of ['nothing', 'noise', 'endless-frame', 'garbage-frames'] as const) {
    const { messages, alone, beside, ratio, garbagePerSecond } = await benchGarbage(servers, {
      days: garbageDays,
      kind,
      connections: 4,
      ratePerSecond: 50,
      people: 100
    })
    const cells = [alone.p50, beside.p50, alone.p95, beside.p95].map((ms) => ms.toFixed(1))
    const range = `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`
    print(
      `| ${kind} | ${garbagePerSecond.toFixed(1)} | ${whole(messages)} | ${cells.join(' | ')} | ${ratio.p95.toFixed(2)} | ${range} |`
    )
  }
}

async function printSubmissions(): Promise<void> {
  print('\n## A council’s month of Client Level Data: seconds, from the first byte\n')
  print(
    '| rows | people | MB | bare COPY | kept (202) | settled | in the record | the same again | new contributions by that | adapter’s largest RSS, MB |'
  )
  print(`|${'---|'.repeat(10)}`)
  const result = await benchSubmissions(servers, { people: 30_000, to: '2026-10-31' })
  const times = [result.copy, result.kept, result.settled, result.applied, result.again]
  const cells = [
    whole(result.rows),
    whole(result.persons),
    whole(result.megabytes),
    ...times.map((seconds) => seconds.toFixed(1)),
    result.newContributions,
    whole(result.rss)
  ]
  print(`| ${cells.join(' | ')} |`)
}

async function printWebhooks(): Promise<void> {
  print('\n## Accepting partners’ events: events a second, in brackets p50/p99 in ms\n')
  print('| connections | partner-gateway | bare inserts | ratio |')
  print('|---|---|---|---|')
  for (const { connections, gateway, barePerSecond, ratio } of await benchAccepting(servers, {
    connections: [16, 64],
    ...turns
  })) {
    const own = `${whole(gateway.perSecond)} (${gateway.p50Ms.toFixed(1)}/${gateway.p99Ms.toFixed(1)})`
    print(`| ${connections} | ${own} | ${whole(barePerSecond)} | ${ratio.toFixed(2)} |`)
  }
  print('\n## From the 202 of an event until a clinician reads it\n')
  print('| wanted a second | sent a second | p50, ms | p99, ms | samples |')
  print('|---|---|---|---|---|')
  for (const ratePerSecond of [50, 100, 200]) {
    const bench = { name: `visible-${ratePerSecond}`, people: 400, ratePerSecond, seconds: 20 }
    const { sentPerSecond, visible } = await benchWebhookToVisible(servers, bench)
    const cells = [bench.ratePerSecond, sentPerSecond, visible.p50, visible.p99, visible.samples]
    print(`| ${cells.map(whole).join(' | ')} |`)
  }
}

async function printReplica(): Promise<void> {
  print('\n## One more replica of record-api\n')
  print(
    '| people | start, ms (median of 5) | `$everything` a second, each of somebody else | largest RSS, MB |'
  )
  print('|---|---|---|---|')
  const result = await benchReplica(servers, { people: 1_000, entries: 100, starts: 5 })
  const cells = [result.people, result.startMs, result.perSecond, result.peakMegabytes].map(whole)
  print(`| ${cells.join(' | ')} |`)
}

async function printPulls(): Promise<void> {
  print('\n## From pull to readable\n')
  print('| people | resources | seconds | resources a second |')
  print('|---|---|---|---|')
  for (const [people, entries] of [
    [430, 300],
    [1030, 100]
  ] as const) {
    const result = await benchPullToReadable(servers, { people, entries })
    print(
      `| ${result.people} | ${whole(result.resources)} | ${result.seconds.toFixed(1)} | ${whole(result.perSecond)} |`
    )
  }
}

async function printUnwell(): Promise<void> {
  print('\n## A healthy practice beside one that hangs and one that fails: ms until its reader is answered\n')
  print('| | p50 alone | p50 beside | p95 alone | p95 beside | p95 ratio | slowest of the others |')
  print('|---|---|---|---|---|---|---|')
  printUnwellRow('with Redis', await benchUnwell(servers, unwellRounds))
  const redis = await startBenchRedis()
  const own = { ...servers, redisUrl: redis.url }
  printUnwellRow('Redis stopped', await benchUnwell(own, unwellRounds, () => redis.stop()))
}

function printUnwellRow(name: string, { alone, beside, slowestOther }: UnwellResult): void {
  const cells = [alone.p50, beside.p50, alone.p95, beside.p95].map(whole)
  print(
    `| ${name} | ${cells.join(' | ')} | ${(beside.p95 / alone.p95).toFixed(2)} | ${whole(slowestOther)} |`
  )
}
