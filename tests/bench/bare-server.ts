import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { createAuditLog, createCheckpointSigner, createDatabase } from '@chesil/record-store'

/**
 * The least that could answer with these bytes: `node:http`, one query, and the same durable audit row in the
 * same group commit; no token, no policy, no FHIR. What Chesil costs is measured against it.
 */
const database = createDatabase({
  url: process.env['DATABASE_URL'] ?? '',
  applicationName: 'bench-bare',
  maxConnections: 20
})
const { privateKey } = generateKeyPairSync('ed25519')
const audit = createAuditLog({
  sql: database,
  signer: createCheckpointSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  secondPlace: { append: async () => undefined },
  now: Date.now,
  onError: () => process.exit(1)
})
const auditRow = process.env['AUDIT_ROW'] ?? '{}'

const head = Buffer.from('{"resourceType":"Bundle","type":"searchset","entry":[')
const comma = Buffer.from(',')
const end = Buffer.from(']}')

async function answer(patientId: string): Promise<Buffer> {
  const rows = await database.query<{ body: string }>(
    `select body from view_entry where patient_id = $1 and to_version is null and authority = 'system'
      order by resource_type, resource_id`,
    [patientId]
  )
  const parts: Buffer[] = [head]
  for (const [at, { body }] of rows.entries()) {
    if (at > 0) parts.push(comma)
    parts.push(Buffer.from(body))
  }
  parts.push(end)
  return Buffer.concat(parts)
}

const server = createServer((request, response) => {
  const [, way, patientId = ''] = (request.url ?? '').split('/')
  answer(patientId)
    .then(async (body) => {
      if (way === 'audited') await audit.commit({ body: auditRow, patientId })
      response.setHeader('content-type', 'application/fhir+json')
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
