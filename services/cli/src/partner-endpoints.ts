import { isIP } from 'node:net'
import { eventCatalogue } from '@chesil/care-record'
import {
  addPartnerKey,
  type EndpointWithKeys,
  endSubscriptionsAt,
  findEndpointWithKeys,
  listEndpoints,
  registerEndpoint,
  setEndpointDisabled,
  systemIds
} from '@chesil/record-store'
import { createOutbound } from '@chesil/source-clients'
import { fingerprintOf, generateKey, parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { sealingOf } from './partner-sealing.ts'
import type { Surroundings } from './program.ts'

/** `chesil partner endpoint …`: addresses that an operator has looked at. */
export function endpointCommands(command: Command, surroundings: Surroundings): void {
  adding(command, surroundings)
  listing(command, surroundings)
  switching(command, surroundings)
  addingKeys(command, surroundings)
  testing(command, surroundings)
}

function adding(command: Command, { env, print }: Surroundings): void {
  const collect = (value: string, before: readonly string[]) => [...before, value]
  command
    .command('add <partner> <url>')
    .description('Let a partner be told of changes at an address: https, and public unless a range allows for it')
    .option('--allow-range <cidr>', 'where it may be besides public addresses; may be given again', collect, [])
    .requiredOption('--by <who>', 'who decides so')
    .action(
      async (partnerId: string, url: string, options: { allowRange: readonly string[]; by: string }) => {
        const { allowRange: allowedRanges, by } = options
        if (!allowedRanges.every(isRange)) throw new Error('--allow-range takes a CIDR range: 10.1.2.0/24')
        const isPlain = url.startsWith('http://') && allowedRanges.length > 0
        if (!URL.canParse(url) || !(isPlain || url.startsWith('https://')))
          throw new Error('An endpoint is an https address; http is for ranges that are allowed')
        const id = systemIds.newId()
        const isNew = await withDatabase(env, (database) =>
          registerEndpoint(database, { id, partnerId, url, allowedRanges }, by)
        )
        if (!isNew)
          throw new Error('There is no such partner, or it has that endpoint already: see `endpoint list`')
        print(`${id}\nNext: chesil partner endpoint key ${id} --by ${by}`)
      }
    )
}

function isRange(text: string): boolean {
  const [address = '', bits = ''] = text.split('/')
  const version = isIP(address)
  return version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

function listing(command: Command, { env, print }: Surroundings): void {
  command
    .command('list <partner>')
    .description('Say where a partner may be told')
    .option('--json', 'print them as JSON')
    .action(async (partnerId: string, { json = false }: { json?: boolean }) => {
      const endpoints = await withDatabase(env, (database) => listEndpoints(database, partnerId))
      if (json) return print(JSON.stringify(endpoints))
      for (const { id, url, allowedRanges, disabledReason } of endpoints)
        print(
          [id, url, ...allowedRanges, ...(disabledReason === null ? [] : [`disabled: ${disabledReason}`])].join(
            '  '
          )
        )
      print(`${endpoints.length} registered`)
    })
}

function switching(command: Command, { env, print }: Surroundings): void {
  command
    .command('disable <endpoint>')
    .description('Send nothing there any more: its subscriptions end')
    .action(async (id: string) => {
      const ended = await withDatabase(env, (database) =>
        database.transaction(async (sql) => {
          if (!(await setEndpointDisabled(sql, uuidOf(id), 'by-operator'))) return undefined
          return await endSubscriptionsAt(sql, id, 'endpoint-disabled')
        })
      )
      if (ended === undefined) throw new Error('Nothing changed: see `endpoint list`')
      print(`It is disabled; ${ended} subscriptions have ended`)
    })
  command
    .command('enable <endpoint>')
    .description('Send there again; subscriptions are resumed by their partner, or with `subscription resume`')
    .action(async (id: string) => {
      const isChanged = await withDatabase(env, (database) =>
        setEndpointDisabled(database, uuidOf(id), undefined)
      )
      if (!isChanged) throw new Error('Nothing changed: see `endpoint list`')
      print('It is enabled')
    })
}

function addingKeys(command: Command, { env, print }: Surroundings): void {
  command
    .command('key <endpoint>')
    .description('Make a key that what is sent there is signed with, and print once what the partner needs')
    .option('--scheme <v1|v1a>', 'v1: a shared secret; v1a: ed25519, of which the partner gets the public half', 'v1')
    .requiredOption('--by <who>', 'who decides so')
    .action(async (endpointId: string, { scheme, by }: { scheme: string; by: string }) => {
      if (scheme !== 'v1' && scheme !== 'v1a') throw new Error('--scheme is v1 or v1a')
      const { signing, verifying } = generateKey(scheme)
      const id = systemIds.newId()
      const sealed = sealingOf(env).seal(signing, id)
      const outcome = await withDatabase(env, async (database) => {
        const endpoint = await findEndpointWithKeys(database, uuidOf(endpointId))
        if (!endpoint) return 'unknown'
        const { partnerId } = endpoint
        const key = { id, partnerId, endpointId, scheme, sealed, fingerprint: fingerprintOf(verifying) } as const
        return await database.transaction((sql) => addPartnerKey(sql, key, by))
      })
      if (outcome === 'unknown') throw new Error('There is no such endpoint: see `endpoint list`')
      if (outcome === 'full')
        throw new Error('Two keys are live: revoke one of them first, see `partner key list`')
      print(`${id}  ${scheme}  ${fingerprintOf(verifying)}`)
      print(`${verifying}\nIt is not shown again: bring it to the partner by a safe way`)
    })
}

const timeoutMs = 15_000
const maxBytes = 65_536

function testing(command: Command, { env, print }: Surroundings): void {
  command
    .command('test <endpoint>')
    .alias('send-test-event')
    .description('Send an event of no meaning there, signed with its live keys, and say how it is answered')
    .action(async (id: string) => {
      const endpoint = await withDatabase(env, (database) => findEndpointWithKeys(database, uuidOf(id)))
      if (!endpoint) throw new Error('There is no such endpoint: see `endpoint list`')
      if (endpoint.keys.length === 0) throw new Error('It has no key yet: see `endpoint key`')
      const status = await sendTest(endpoint, env)
      if (status < 200 || status > 299) throw new Error(`It was answered with ${status}, and not with 2xx`)
      print(`It was answered with ${status}`)
    })
}

async function sendTest(endpoint: EndpointWithKeys, env: Surroundings['env']): Promise<number> {
  const { id, url, allowedRanges, keys: sealed } = endpoint
  const sealing = sealingOf(env)
  const keys = sealed.map((key) => parseSigningKey(sealing.open(key.sealed, key.id)))
  const now = Date.now()
  const content = { type: 'subscription.test', timestamp: new Date(now).toISOString(), data: { endpoint: id } }
  const body = Buffer.from(JSON.stringify(content))
  const signed = signWebhook({ id: `msg_${systemIds.newId().replaceAll('-', '')}`, now, body, keys })
  const outbound = createOutbound({ allowedAddresses: allowedRanges })
  try {
    const headers = { ...signed, 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    return (await outbound.exchange({ method: 'POST', url, headers, body, signal, maxBytes })).status
  } finally {
    await outbound.close()
  }
}

/** `chesil partner event-catalogue` */
export function catalogueCommand(command: Command, { print }: Surroundings): void {
  command
    .command('event-catalogue')
    .description('Say what partners can be told of')
    .option('--json', 'print it as JSON')
    .action(({ json = false }: { json?: boolean }) => {
      if (json) return print(JSON.stringify(eventCatalogue()))
      for (const { topic, canonical, about } of eventCatalogue()) print(`${topic}  ${about}\n  ${canonical}`)
    })
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @throws Error */
export function uuidOf(text: string): string {
  if (!uuid.test(text)) throw new Error('Endpoints, subscriptions and deliveries are named by their ids')
  return text
}
