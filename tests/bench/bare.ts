import { get, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { startProcess } from '../../tools/processes/start-process.ts'
import type { OpenStack } from '../support/open-stack.ts'

/** The bare server beside a stack, over the same PostgreSQL, committing what Chesil last committed for a read. */
export async function startBare({ database, databaseUrl }: Pick<OpenStack, 'database' | 'databaseUrl'>) {
  const [row] = await database.query<{ body: string }>(
    `select body from audit_event where body like '%$everything%' order by recorded_at desc limit 1`
  )
  const urlIn = (output: string) => /"url":"([^"]+)"/.exec(output)?.[1]
  const server = await startProcess({
    name: 'The bare server',
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'bare-server.ts')],
    env: { ...process.env, DATABASE_URL: databaseUrl, AUDIT_ROW: row?.body ?? '{}' },
    isReady: (output) => urlIn(output) !== undefined,
    startTimeoutMs: 20_000
  })
  const url = urlIn(server.output()) as string
  return {
    url,
    stop: server.stop,
    /** Keeps the bytes that another server answers with, compressed as it has them. */
    async remember(name: string, from: string, headers: Readonly<Record<string, string>>) {
      const { body, encoding } = await fetchRaw(from, headers)
      await fetch(`${url}/${name}`, {
        method: 'PUT',
        body: new Uint8Array(body),
        headers: { ...(encoding && { 'content-encoding': encoding }) }
      })
      return body.length
    }
  }
}

export type Bare = Awaited<ReturnType<typeof startBare>>

/** As the bytes came: `fetch` would undo the compression. */
async function fetchRaw(url: string, headers: Readonly<Record<string, string>>) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { ...headers } }, resolve).once('error', reject)
  })
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} from ${url}`)
  return { body: await buffer(response), encoding: response.headers['content-encoding'] }
}
