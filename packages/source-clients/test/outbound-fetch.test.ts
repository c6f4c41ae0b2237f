import { expect, test } from 'vitest'
import { openOutbound, serve } from './support/servers.ts'

const init = () => ({
  method: 'GET' as const,
  headers: { accept: 'application/json' },
  signal: AbortSignal.timeout(5_000)
})

test('the fetch gives a Response, also for an error, a redirect and an answer without a body', async () => {
  const statuses = [200, 404, 302, 204, 304]
  const server = await serve((request, response) => {
    const status = Number(request.url?.slice(1))
    response.writeHead(status, { 'content-type': 'application/json', location: '/200' })
    response.end(status === 204 || status === 304 ? undefined : '{"keys":[]}')
  })
  for (const status of statuses) {
    const response = await openOutbound().fetch(`${server.url}/${status}`, init())
    expect(response.status).toBe(status)
    if (status === 200) expect(await response.json()).toEqual({ keys: [] })
  }
})

test('the fetch sends a body and the headers of either kind', async () => {
  const server = await serve(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    response.end(`${request.headers['content-type']}|${body}`)
  })
  const headers = new Headers({ 'Content-Type': 'text/plain' })
  const response = await openOutbound().fetch(server.url, {
    ...init(),
    method: 'POST',
    headers,
    body: 'a=b'
  })
  expect(await response.text()).toBe('text/plain|a=b')
})

test('the fetch is guarded like every exchange', async () => {
  const server = await serve((_, response) => response.end('{}'))
  const guarded = openOutbound({ allowedAddresses: [] })
  await expect(guarded.fetch(server.url, init())).rejects.toMatchObject({
    cause: { failure: 'address-refused' }
  })
  expect(server.connections()).toBe(0)
})

test('the fetch takes no more than a megabyte', async () => {
  const server = await serve((_, response) => response.end(Buffer.alloc(1_048_577)))
  await expect(openOutbound().fetch(server.url, init())).rejects.toMatchObject({
    cause: { failure: 'too-large' }
  })
})
