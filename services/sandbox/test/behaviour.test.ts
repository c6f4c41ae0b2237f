import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Behaviour } from '../src/gp-connect/behaviour.ts'
import type { PracticeState } from '../src/world/world.ts'
import { headersFor, parametersFor, refusalIn, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
let practice: PracticeState
let body: string
const cancelled = new AbortController()

beforeAll(async () => {
  sandbox = await startSandbox()
  const { person } = sandbox.one('ordinary')
  practice = sandbox.deps.world.findPractice(person.practice) as PracticeState
  body = JSON.stringify(parametersFor(person.nhsNumber))
  await sandbox.app.listen({ host: '127.0.0.1', port: 0 })
})
beforeEach(() => sandbox.deps.world.reset())
afterAll(async () => {
  cancelled.abort()
  await sandbox.app.close()
})

/** Over a real connection, for what `inject` has none of. */
function send(headers: Record<string, string> = {}, signal = cancelled.signal): Promise<IncomingMessage> {
  const { odsCode, asid } = practice.practice
  const outgoing = request({
    host: '127.0.0.1',
    port: (sandbox.app.server.address() as AddressInfo).port,
    path: `/practices/${odsCode}/STU3/1/gpconnect/structured/Patient/$gpc.getstructuredrecord`,
    method: 'POST',
    agent: false,
    headers: { ...headersFor({ odsCode }, asid), ...headers },
    signal
  })
  outgoing.end(body)
  return once(outgoing, 'response').then(([response]) => response as IncomingMessage)
}

const read = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const behave = (behaviour: Behaviour) => {
  practice.behaviour = behaviour
}

describe('a practice that is told to', () => {
  test('be healthy answers', async () => {
    const response = await send()
    expect(response.statusCode).toBe(200)
    expect(JSON.parse(await read(response)).resourceType).toBe('Bundle')
  })

  test('be slow answers, later', async () => {
    behave({ kind: 'slow', ms: 150 })
    const start = performance.now()
    expect((await send()).statusCode).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(145)
  })

  test('hang never answers', async () => {
    behave({ kind: 'hang' })
    const given = new AbortController()
    const outcome = await Promise.race([
      send({}, given.signal).then(
        () => 'answered',
        () => 'failed'
      ),
      sleep(300, 'waiting')
    ])
    given.abort()
    expect(outcome).toBe('waiting')
  })

  test('reset resets', async () => {
    behave({ kind: 'reset' })
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('fail answers with that status and code, even a request that is wrong', async () => {
    behave({ kind: 'fail', status: 503, code: 'SOMETHING_ELSE' })
    const response = await send({ authorization: 'none' })
    expect(response.statusCode).toBe(503)
    expect(refusalIn(JSON.parse(await read(response))).code).toBe('SOMETHING_ELSE')
  })

  test('send a web page does, and says so', async () => {
    behave({ kind: 'garbage', content: 'html' })
    const response = await send()
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toContain('text/html')
    expect(await read(response)).toContain('<!doctype html>')
  })

  test('cut its answer off sends a part of it as if it were all', async () => {
    const whole = await read(await send())
    behave({ kind: 'garbage', content: 'truncated' })
    const response = await send({ 'accept-encoding': 'gzip' })
    const cut = await read(response)
    expect(Number(response.headers['content-length'])).toBe(Buffer.byteLength(cut))
    expect(cut.length).toBeGreaterThan(whole.length / 2)
    expect(() => JSON.parse(cut)).toThrow(SyntaxError)
  })

  test('send JSON that is no FHIR does', async () => {
    behave({ kind: 'garbage', content: 'not-fhir' })
    expect(JSON.parse(await read(await send()))).not.toHaveProperty('resourceType')
  })

  test('send a gzip bomb sends little that becomes much', async () => {
    behave({ kind: 'garbage', content: 'huge-gzip' })
    const response = await send({ 'accept-encoding': 'gzip' })
    expect(response.headers['content-encoding']).toBe('gzip')
    let packed = 0
    let unpacked = 0
    response.on('data', (chunk: Buffer) => {
      packed += chunk.length
    })
    const gunzip = response.pipe(createGunzip())
    for await (const chunk of gunzip) {
      unpacked += (chunk as Buffer).length
      if (unpacked > 200_000_000) break
    }
    response.destroy()
    expect(unpacked).toBeGreaterThan(200_000_000)
    expect(packed).toBeLessThan(5_000_000)
  })

  test('answer with another patient does so as if nothing were wrong', async () => {
    behave({ kind: 'other-patient' })
    const response = await send()
    const { person } = sandbox.one('ordinary')
    expect(response.statusCode).toBe(200)
    const answer = await read(response)
    expect(JSON.parse(answer).resourceType).toBe('Bundle')
    expect(answer).not.toContain(person.nhsNumber)
  })

  test.each([
    { kind: 'not-found', status: 404, code: 'PATIENT_NOT_FOUND' },
    { kind: 'no-consent', status: 403, code: 'NO_PATIENT_CONSENT' }
  ] as const)('answer $kind does so for everybody', async ({ kind, status, code }) => {
    behave({ kind })
    const response = await send()
    expect(response.statusCode).toBe(status)
    expect(refusalIn(JSON.parse(await read(response))).code).toBe(code)
  })

  test('drip sends so many bytes a second', async () => {
    behave({ kind: 'drip', bytesPerSecond: 2_000 })
    const response = await send()
    let received = 0
    response.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    response.on('error', () => undefined)
    await sleep(500)
    response.destroy()
    expect(response.statusCode).toBe(200)
    expect(received).toBeGreaterThan(200)
    expect(received).toBeLessThan(2_000)
  })

  test('misbehave counts what it was asked all the same, and leaves the others alone', async () => {
    behave({ kind: 'fail', status: 500, code: 'INTERNAL_SERVER_ERROR' })
    await send()
    await send()
    expect(practice.requests).toEqual({ structured: 2, documents: 0 })
    const others = sandbox.deps.world.practices.filter((other) => other !== practice)
    expect(
      others.every(({ requests, behaviour }) => requests.structured === 0 && behaviour.kind === 'healthy')
    ).toBe(true)
  })
})

afterEach(() => sandbox.deps.world.reset())
