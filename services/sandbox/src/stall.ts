import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'

/**
 * Does what any server may do before it looks at a request: `slow`, `hang` and `reset`. All else does nothing.
 *
 * @returns whether that was all.
 */
export async function stall(
  behaviour: { readonly kind: string; readonly ms?: number },
  reply: FastifyReply
): Promise<boolean> {
  switch (behaviour.kind) {
    case 'slow':
      await sleep(behaviour.ms)
      return false
    case 'hang':
      reply.hijack()
      return true
    case 'reset':
      reply.hijack()
      reply.raw.socket?.resetAndDestroy()
      return true
    default:
      return false
  }
}

const webPage = '<!doctype html><title>Sign in</title><h1>Please sign in to the hospital network</h1>\n'

/** What a proxy answers instead of the server. */
export const sendWebPage = (reply: FastifyReply): FastifyReply => reply.type('text/html').send(webPage)
