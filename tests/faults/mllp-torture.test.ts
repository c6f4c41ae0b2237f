import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { SourceCatalogue } from '@chesil/contracts'
import { type Database, migrate, createDatabase as open } from '@chesil/record-store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ensureKeys } from '../../tools/demo/keys.ts'
import { type PrivateServer, startPostgres } from '../support/databases.ts'
import { makeMessages, startSender, type TortureMessage } from '../support/mllp-torture.ts'
import { createRandom, seed } from '../support/random.ts'
import { makeScratchFolder } from '../support/scratch.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'

/** `MESSAGES=1000000 npm test -- tests/faults/mllp-torture` for a long night. */
const messageCount = Number(process.env['MESSAGES'] ?? 20_000)
const connections = 8
const kills = 5
/** More of them, should none have come between a commit and its acknowledgement. */
const mostKills = kills + 10
/** Of the run, in which 20,000 messages come; not of the starting of services. */
const limitSeconds = 60

const catalogue: SourceCatalogue = {
  sources: [
    {
      id: 'hospital-pas',
      odsCode: 'RCB',
      name: 'Hospital',
      kind: 'hl7v2',
      releaseStage: 'live',
      retention: 'store',
      agreement: 'test',
      senders: [{ facility: 'RCB' }]
    }
  ],
  readingOrganisations: []
}

let postgres: PrivateServer
let database: Database
let adapter: SpawnedService
const folder = makeScratchFolder()

beforeAll(async () => {
  postgres = await startPostgres()
  await migrate(postgres.url)
  database = open({ url: postgres.url, applicationName: 'test' })
  writeFileSync(join(folder, 'sources.json'), JSON.stringify(catalogue))
  adapter = await startAdapter()
})
afterAll(async () => {
  await adapter?.stop()
  await database?.close()
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const stores = () => ({
  DATABASE_URL: postgres.url,
  REDIS_URL: inject('redisUrl'),
  QUEUE_PREFIX: `{${inject('testPrefix')}_torture}`
})
const startAdapter = (changes: Partial<ReturnType<typeof stores>> = {}) =>
  spawnService('acute-adapter', {
    ...stores(),
    ...changes,
    SOURCES_FILE: join(folder, 'sources.json'),
    ORGANISATION: 'X26',
    MAP_CONCURRENCY: '1',
    TOKEN_ISSUER: 'http://127.0.0.1:9',
    TOKEN_AUDIENCE: 'test',
    TOKEN_JWKS_URL: 'http://127.0.0.1:9/jwks'
  })
const port = () => Number(/"mllpPort":(\d+)/.exec(adapter.logs())?.[1])

const isKept = (keys: ReadonlySet<string>) => (message: TortureMessage) => keys.has(keyOf(message))
const keyOf = ({ controlId, bytes }: TortureMessage) =>
  `${controlId} ${createHash('sha256').update(bytes).digest('base64url')}`

async function keptKeys(): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ key: string }>(
    `select control_id || ' ' || body_hash as key from inbox_message`
  )
  return new Set(rows.map(({ key }) => key))
}

test(`${messageCount} messages, cut and mixed in every way, through kill -9 of the adapter and PostgreSQL (seed ${seed})`, {
  timeout: 240_000 * Math.ceil(messageCount / 20_000)
}, async () => {
  const messages = makeMessages(messageCount, createRandom())
  const begin = performance.now()
  const senders = Array.from({ length: connections }, (_, at) =>
    startSender(
      messages.filter((_message, index) => index % connections === at),
      { port, random: createRandom(seed + at) }
    )
  )
  const acknowledged = () => senders.flatMap((sender) => [...sender.acknowledged])
  const done = Promise.all(senders.map((sender) => sender.done))

  let keptUnacknowledged = 0
  let startingMs = 0
  for (let kill = 1; kill <= kills || (keptUnacknowledged === 0 && kill <= mostKills); kill++) {
    while (acknowledged().length < messageCount * shareBefore(kill)) await sleep(2)
    await adapter.kill9()
    const killedAt = performance.now()
    if (kill % 2 === 0) await postgres.restart()
    const [said, kept] = [acknowledged(), await keptKeys()]
    expect(said.filter((message) => !isKept(kept)(message))).toEqual([])
    keptUnacknowledged += kept.size - said.length
    adapter = await startAdapter()
    startingMs += performance.now() - killedAt
  }
  await done
  const seconds = (performance.now() - begin - startingMs) / 1_000

  expect(senders.flatMap((sender) => sender.complaints)).toEqual([])
  expect(keptUnacknowledged, 'no kill came between commit and acknowledgement').toBeGreaterThan(0)
  await expectExactly(messages)
  process.stderr.write(
    `seed ${seed}: ${messageCount} messages in ${seconds.toFixed(1)} s with ${kills} kills, ${Math.round(messageCount / seconds)} a second; ${keptUnacknowledged} were kept and not acknowledged when killed\n`
  )
  if (messageCount === 20_000) expect(seconds).toBeLessThanOrEqual(limitSeconds)
  await expectAppliedOnce(Math.min(messageCount, 2_000))
})

/** Of what has been acknowledged when a kill comes: evenly, and the additional ones close together. */
const shareBefore = (kill: number) =>
  kill <= kills ? kill / (kills + 1) : kills / (kills + 1) + (kill - kills) * 0.01

/** Everybody has one message: one contribution, and one version of the record, through `kill -9` of the builder. */
async function expectAppliedOnce(count: number): Promise<void> {
  const startBuilder = () => spawnService('record-builder', builderSettings())
  const begin = performance.now()
  let builder = await startBuilder()
  try {
    await untilApplied(count / 2)
    await builder.kill9()
    builder = await startBuilder()
    await untilApplied(count)
  } finally {
    await builder.stop()
  }
  const rows = await database.query<{
    message: string
    contributions: number
    entries: number
    versions: number
  }>(
    `select inbox_message_id as message, count(distinct c.id) as contributions, max(p.version) as versions,
            count(distinct e.resource_id) as entries
       from contribution c join patient p on p.id = c.patient_id
       left join view_entry e on e.patient_id = c.patient_id and e.to_version is null
      where c.state = 'applied' group by 1`
  )
  process.stderr.write(
    `${rows.length} applied in ${((performance.now() - begin) / 1_000).toFixed(1)} s, through a kill: ${JSON.stringify(rows[0])}\n`
  )
  expect(rows.length).toBeGreaterThanOrEqual(count)
  expect(rows.filter(({ contributions, versions }) => contributions !== 1 || versions !== 1)).toEqual([])
}

async function untilApplied(count: number): Promise<void> {
  for (let waited = 0; waited < 90_000; waited += 100) {
    const [row] = await database.query<{ applied: number }>(
      `select count(*) as applied from contribution where state = 'applied'`
    )
    if ((row?.applied ?? 0) >= count) return
    await sleep(100)
  }
  throw new Error(`Fewer than ${count} messages were applied`)
}

/** PDS is nowhere: nobody needs it to apply. */
const builderSettings = () => ({
  ...stores(),
  LEASE_MS: '2000',
  PDS_BASE_URL: 'http://127.0.0.1:9',
  PDS_TOKEN_URL: 'http://127.0.0.1:9/token',
  PDS_CLIENT_ID: 'chesil',
  PDS_PRIVATE_KEY: `file:${ensureKeys(join(folder, 'keys')).pdsClient}`,
  PDS_ORGANISATION: 'QVV',
  ALLOWED_ADDRESSES: '127.0.0.0/8'
})

/** Each message once, its bytes as they were sent; nothing else; and a job for each. */
async function expectExactly(messages: readonly TortureMessage[]): Promise<void> {
  const rows = await database.query<{ controlId: string; body: Buffer; reused: boolean; events: number }>(
    `select control_id as "controlId", body, control_id_reused as reused,
            coalesce(events, 0) as events
       from inbox_message left join (
         select row_id, count(*) as events from outbox_event group by row_id) announced on row_id = id`
  )
  expect(rows).toHaveLength(messages.length)
  const sent = new Set(messages.map(keyOf))
  for (const { controlId, body, events } of rows) {
    const key = keyOf({ controlId, bytes: gunzipSync(body) })
    if (!sent.delete(key)) throw new Error('A message was kept that nobody sent, or twice')
    if (events !== 1) throw new Error(`A message was announced ${events} times`)
  }
  expect(sent.size).toBe(0)
  expect(rows.filter(({ reused }) => reused)).toHaveLength(Math.floor(messages.length / 100))
}

const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024

test.runIf(process.platform === 'linux')('60 MB without an end: closed at the cap, memory flat', async () => {
  await adapter.stop()
  // Mapping what is left of the thousands would be what is measured: it hears of nothing.
  await database.query(`update inbox_message set state = 'refused' where state = 'received'`)
  adapter = await startAdapter({ QUEUE_PREFIX: `{${inject('testPrefix')}_quiet}` })
  const before = memoryOf(adapter.pid)
  let most = before
  const socket = connect(port(), '127.0.0.1').on('error', () => undefined)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.write(Buffer.concat([Buffer.of(0x0b), Buffer.from('MSH|^~\\&|PAS|RCB')]))
  const piece = Buffer.alloc(1_048_576, 'x')
  for (let sent = 0; sent < 60 && !socket.destroyed; sent++) {
    socket.write(piece)
    await sleep(5)
    most = Math.max(most, memoryOf(adapter.pid))
  }
  await closed
  most = Math.max(most, memoryOf(adapter.pid))
  process.stderr.write(
    `60 MB without an end: ${Math.round(before)} MB before, ${Math.round(most)} MB at most\n`
  )
  expect(most - before).toBeLessThan(60)
})
