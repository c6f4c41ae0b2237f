import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { loadPeople } from '../demo/people.ts'
import type { SandboxPerson } from '../demo/sandbox.ts'
import { ToolError } from '../processes/tool-error.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A record API that answers so. */
async function recordApi(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'a-token' }
}

const person = (nhsNumber: string, kind = 'ordinary'): SandboxPerson => ({
  kind,
  nhsNumber,
  name: 'A Person'
})
const [known, hidden, broken] = [
  person('9990000018'),
  person('9990000026', 'restricted'),
  person('9990000034')
]

/** Knows one person, whose practice is heard of at the second asking; fails for another. */
function createAnswers(): RequestListener {
  let asked = 0
  return (request, response) => {
    const url = request.url ?? ''
    if (url.includes(broken.nhsNumber)) response.writeHead(503)
    if (url.includes('$completeness')) {
      const code = ++asked > 1 ? 'live' : 'pending'
      response.end(JSON.stringify({ sources: [{ codes: [code, 'stored'] }] }))
    } else {
      const entry = url.includes(known.nhsNumber) ? [{ resource: { resourceType: 'Patient', id: 'p1' } }] : []
      response.end(JSON.stringify({ entry }))
    }
  }
}

test('people are loaded in their order: who is not shown, or cannot be asked for, hinders nobody', async () => {
  const api = await recordApi(createAnswers())
  expect(await loadPeople([hidden, broken, known], api)).toEqual([
    { ...hidden, states: [] },
    { ...broken, states: [], failure: expect.stringMatching(/^The record API answered 503/) },
    { ...known, id: 'p1', states: ['live'] }
  ])
})

test('a folder without a record of anybody is said to be one', async () => {
  const api = await recordApi(createAnswers())
  const loading = loadPeople([], api)
  await expect(loading).rejects.toThrow(ToolError)
  await expect(loading).rejects.toThrow(
    /^There is nobody to load: the folder of --gp-records holds no record with an NHS number\.$/
  )
})

test('when nobody can be loaded the reason is told once, with nobody’s number in it', async () => {
  const api = await recordApi(createAnswers())
  const message = await loadPeople([broken, broken], api).catch((error: Error) => error.message)
  expect(message).toMatch(/^Nobody could be loaded\. The record API answered 503/)
  expect(message).not.toContain(broken.nhsNumber)
})
