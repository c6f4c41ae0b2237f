import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { SourceCatalogue } from '@chesil/contracts'
import { type Database, migrate, createDatabase as open } from '@chesil/record-store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type PrivateServer, startPostgres } from '../support/databases.ts'
import { makeMessages, startSender, type TortureMessage } from '../support/mllp-torture.ts'
import { createRandom, seed } from '../support/random.ts'
import { makeScratchFolder } from '../support/scratch.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'

/** `MESSAGES=1000000 npm test -- tests/faults/mllp-torture` for a long night. */
const messageCount = Number(process.env['MESSAGES'] ?? 20_000)
const connections = 8
const kills = 5

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

const startAdapter = () =>
  spawnService('acute-adapter', {
    DATABASE_URL: postgres.url,
    REDIS_URL: inject('redisUrl'),
    QUEUE_PREFIX: `{${inject('testPrefix')}_torture}`,
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
  timeout: 180_000 * Math.ceil(messageCount / 20_000)
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
  for (let kill = 1; kill <= kills; kill++) {
    while (acknowledged().length < (kill * messageCount) / (kills + 1)) await sleep(2)
    if (kill % 2 === 0) await postgres.restart()
    await adapter.kill9()
    const [said, kept] = [acknowledged(), await keptKeys()]
    expect(said.filter((message) => !isKept(kept)(message))).toEqual([])
    keptUnacknowledged += kept.size - said.length
    adapter = await startAdapter()
  }
  await done
  const seconds = (performance.now() - begin) / 1_000

  expect(senders.flatMap((sender) => sender.complaints)).toEqual([])
  expect(keptUnacknowledged, 'no kill came between commit and acknowledgement').toBeGreaterThan(0)
  await expectExactly(messages)
  process.stderr.write(
    `seed ${seed}: ${messageCount} messages in ${seconds.toFixed(1)} s with ${kills} kills, ${Math.round(messageCount / seconds)} a second; ${keptUnacknowledged} were kept and not acknowledged when killed\n`
  )
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
  adapter = await startAdapter()
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
