import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { assertFit, createDatabase } from '@chesil/record-store'

/**
 * What keeping an event costs at the least: one process that inserts the same row, a statement and a commit for each, on
 * as many connections as the gateway has. No HTTP, no signature, no look at what it is.
 *
 *     GET /{lanes}/{seconds}        inserts that long, so many side by side, and answers how many a second
 */
const database = createDatabase({
  url: process.env['DATABASE_URL'] ?? '',
  applicationName: 'bench-bare-inserts',
  maxConnections: Number(process.env['DATABASE_CONNECTIONS'])
})
// `fsync` and `synchronous_commit`, as the gateway asserts it for itself.
await assertFit(database)
const body = Buffer.from(process.env['BODY'] ?? '')
const bodyHash = randomBytes(32).toString('base64url')

const insertOne = () =>
  database.query(
    `insert into bench_webhook_event (id, partner_id, event_id, form, content_type, body, body_hash)
     values ($1, 'bench', $2, 'fhir', 'application/fhir+json', $3, $4)`,
    [randomUUID(), randomUUID(), body, bodyHash]
  )

async function insertFor(lanes: number, seconds: number): Promise<number> {
  const startedAt = performance.now()
  let done = 0
  const lane = async () => {
    for (; performance.now() - startedAt < seconds * 1_000; done++) await insertOne()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (done * 1_000) / (performance.now() - startedAt)
}

const server = createServer((request, response) => {
  const [, lanes, seconds] = (request.url ?? '').split('/')
  insertFor(Number(lanes), Number(seconds)).then(
    (perSecond) => response.end(JSON.stringify({ perSecond })),
    (error: unknown) => response.writeHead(500).end(String(error))
  )
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.stdout.write(`${JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
