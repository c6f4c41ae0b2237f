import type { OutgoingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { sendWebPage, stall } from '../stall.ts'
import type { Behaviour } from './behaviour.ts'
import { bombChunks } from './payload.ts'
import { operationOutcome } from './refusal.ts'

export const fhirJson = 'application/fhir+json;charset=utf-8'
const bombBytes = 2 * 1024 ** 3

/**
 * Does what a practice does before it looks at a request.
 *
 * @returns whether that was all.
 */
export async function misbehave(behaviour: Behaviour, reply: FastifyReply): Promise<boolean> {
  switch (behaviour.kind) {
    case 'fail': {
      const { status, code } = behaviour
      await reply
        .code(status)
        .type(fhirJson)
        .send(operationOutcome({ code, issue: 'processing' }))
      return true
    }
    case 'garbage':
      return sendGarbage(behaviour.content, reply)
    default:
      return await stall(behaviour, reply)
  }
}

async function sendGarbage(
  content: Extract<Behaviour, { kind: 'garbage' }>['content'],
  reply: FastifyReply
): Promise<boolean> {
  if (content === 'truncated') return false
  if (content === 'html') await sendWebPage(reply)
  else if (content === 'not-fhir') await reply.type(fhirJson).send('{"status":"ok","items":[1,2,3]}')
  else await sendBomb(reply)
  return true
}

async function sendBomb(reply: FastifyReply): Promise<void> {
  const headers = { 'content-type': fhirJson, 'content-encoding': 'gzip' }
  await sendRaw(reply, headers, bombChunks(bombBytes))
}

/** Sends a body piece by piece, until it is sent or the other side has had enough. */
export async function drip(reply: FastifyReply, body: Buffer, bytesPerSecond: number): Promise<void> {
  const headers = { 'content-type': fhirJson, 'content-length': body.length, 'cache-control': 'no-store' }
  await sendRaw(reply, headers, drops(body, bytesPerSecond))
}

const dripEveryMs = 50

async function* drops(body: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const size = Math.max(1, Math.round((bytesPerSecond * dripEveryMs) / 1000))
  const pauseMs = Math.max(dripEveryMs, 1000 / bytesPerSecond)
  for (let rest = body; rest.length > 0; rest = rest.subarray(size)) {
    yield rest.subarray(0, size)
    await sleep(pauseMs)
  }
}

/** Past Fastify, which would collect or close too early. That the other side hangs up is no error. */
async function sendRaw(
  reply: FastifyReply,
  headers: OutgoingHttpHeaders,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>
): Promise<void> {
  reply.hijack()
  reply.raw.writeHead(200, headers)
  await pipeline(chunks, reply.raw).catch(() => undefined)
}
