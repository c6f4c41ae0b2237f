import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { assertFit, createAuditLog, createCheckpointSigner, createDatabase } from '@chesil/record-store'

/**
 * The least that could answer with these bytes: `node:http`, memory or one query, and the same durable audit row
 * in the same group commit; no token, no policy, no FHIR. What Chesil costs is measured against it.
 *
 *     PUT /{name}                              keeps what is sent
 *     GET /{way}/memory/{person}/{name}        answers with it
 *     GET /{way}/rows/{person}                 reads the person's entries from PostgreSQL
 *     GET /{way}/search/{person}/{code}        the last twenty observations of a code, by an index made for it
 *
 * `way` is `audited` or `unaudited`.
 */
const database = createDatabase({
  url: process.env['DATABASE_URL'] ?? '',
  applicationName: 'bench-bare',
  maxConnections: 20
})
// `fsync` and `synchronous_commit`, as Chesil asserts it for itself.
await assertFit(database)
const { privateKey } = generateKeyPairSync('ed25519')
const audit = createAuditLog({
  sql: database,
  signer: createCheckpointSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  secondPlace: { append: async () => undefined },
  now: Date.now,
  onError: () => process.exit(1)
})
const auditRow = process.env['AUDIT_ROW'] ?? '{}'

interface Kept {
  readonly body: Buffer
  readonly encoding?: string
}

const memory = new Map<string, Kept>()

const head = Buffer.from('{"resourceType":"Bundle","type":"searchset","entry":[')
const comma = Buffer.from(',')
const end = Buffer.from(']}')

function toBundle(rows: readonly { readonly body: string }[]): Kept {
  const parts: Buffer[] = [head]
  for (const [at, { body }] of rows.entries()) {
    if (at > 0) parts.push(comma)
    parts.push(Buffer.from(body))
  }
  parts.push(end)
  return { body: Buffer.concat(parts) }
}

async function answer(source: string | undefined, person: string, name: string): Promise<Kept> {
  if (source === 'memory') return memory.get(name) as Kept
  if (source === 'search') {
    return toBundle(
      await database.query(
        'select body from bench_observation where patient_id = $1 and code = $2 order by date desc limit 20',
        [person, name]
      )
    )
  }
  return toBundle(
    await database.query(
      `select body from view_entry where patient_id = $1 and to_version is null and authority = 'system'
        order by resource_type, resource_id`,
      [person]
    )
  )
}

async function keep(name: string, request: IncomingMessage): Promise<Kept> {
  const encoding = request.headers['content-encoding']
  memory.set(name, { body: await buffer(request), ...(encoding !== undefined && { encoding }) })
  return { body: Buffer.from('{}') }
}

async function serve(request: IncomingMessage): Promise<Kept> {
  const [, way = '', source, person = '', name = ''] = (request.url ?? '').split('/')
  if (request.method === 'PUT') return await keep(way, request)
  const kept = await answer(source, person, decodeURIComponent(name))
  if (way === 'audited') await audit.commit({ body: auditRow, patientId: person })
  return kept
}

const server = createServer((request, response) => {
  serve(request)
    .then(({ body, encoding }) => {
      response.setHeader('content-type', 'application/fhir+json')
      if (encoding) response.setHeader('content-encoding', encoding)
      response.end(body)
    })
    .catch(() => {
      response.statusCode = 500
      response.end()
    })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address() as { port: number }
  process.stdout.write(`${JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${address.port}` })}\n`)
})
process.once('SIGTERM', () => process.exit(0))
