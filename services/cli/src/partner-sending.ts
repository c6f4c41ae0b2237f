import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createOutbound } from '@chesil/source-clients'
import { parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import type { Command } from 'commander'
import type { Surroundings } from './program.ts'

interface Gateway {
  readonly gateway: string
  readonly partner: string
}

/** `chesil partner send|receipt`: what a partner's own system does, to try an address and a key. */
export function sendingCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('send <body>')
    .description('Send the content of a file as an event, signed with the key in WEBHOOK_KEY')
    .requiredOption('--gateway <url>', 'address of partner-gateway')
    .requiredOption('--partner <id>', 'as whom')
    .option('--type <media-type>', 'of the file', 'application/fhir+json')
    .option('--id <text>', 'webhook-id; a new one when absent')
    .action(async (file: string, options: Gateway & { type: string; id?: string }) => {
      const body = readFileSync(file)
      const headers = { 'content-type': options.type, ...signed(env, body, options.id) }
      print(
        await ask(env, {
          method: 'POST',
          url: `${options.gateway}/webhooks/${options.partner}`,
          headers,
          body
        })
      )
    })
  command
    .command('receipt <id>')
    .description('Say what became of an event')
    .requiredOption('--gateway <url>', 'address of partner-gateway')
    .requiredOption('--partner <id>', 'as whom')
    .action(async (id: string, { gateway, partner }: Gateway) => {
      const headers = { 'chesil-partner': partner, ...signed(env, new Uint8Array()) }
      print(await ask(env, { method: 'GET', url: `${gateway}/receipts/${encodeURIComponent(id)}`, headers }))
    })
}

function signed(env: Surroundings['env'], body: Uint8Array, id: string = randomUUID()) {
  const text = env['WEBHOOK_KEY']
  if (!text) throw new Error('Set WEBHOOK_KEY to the key: whsec_… or whsk_…')
  return { ...signWebhook({ id, now: Date.now(), body, keys: [parseSigningKey(text)] }) }
}

interface Question {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

const timeoutMs = 30_000
const maxBytes = 1_048_576

/** @throws Error with the answer, where it is no success. */
async function ask(env: Surroundings['env'], question: Question): Promise<string> {
  const allowedAddresses = (env['ALLOWED_ADDRESSES'] ?? '127.0.0.0/8').split(',').filter(Boolean)
  const outbound = createOutbound({ allowedAddresses })
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const { status, body } = await outbound.exchange({ ...question, signal, maxBytes })
    const text = Buffer.from(body).toString('utf8')
    if (status >= 300) throw new Error(`${status}: ${text}`)
    return text
  } finally {
    await outbound.close()
  }
}
