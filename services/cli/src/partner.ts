import { readFileSync } from 'node:fs'
import { findOdsCode } from '@chesil/fhir'
import {
  addPartnerKey,
  type Database,
  listPartnerKeys,
  listPartners,
  registerPartner,
  resumePartner,
  retryWebhooks,
  revokePartnerKey,
  suspendPartner,
  systemIds
} from '@chesil/record-store'
import { fingerprintOf, generateKey, parseVerifyingKey, verifyWebhook } from '@chesil/webhook-signatures'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { catalogueCommand, endpointCommands } from './partner-endpoints.ts'
import { sealingOf } from './partner-sealing.ts'
import { sendingCommands } from './partner-sending.ts'
import { deliveryCommands, subscriptionCommands } from './partner-subscriptions.ts'
import type { Surroundings } from './program.ts'

/** `chesil partner …`: systems of other organisations that send to the gateway. */
export function partnerCommands(command: Command, surroundings: Surroundings): void {
  registering(command, surroundings)
  keyCommands(
    command.command('key').description('Keys that what a partner sends is verified with'),
    surroundings
  )
  retrying(command, surroundings)
  verifying(command, surroundings)
  sendingCommands(command, surroundings)
  endpointCommands(
    command.command('endpoint').description('Where partners may be told of changes'),
    surroundings
  )
  subscriptionCommands(
    command.command('subscription').description('What partners are told of, as operators see it'),
    surroundings
  )
  deliveryCommands(command.command('delivery').description('What partners were told'), surroundings)
  catalogueCommand(command, surroundings)
}

interface Registration {
  readonly name: string
  readonly organisation: string
  readonly source: readonly string[]
  readonly client?: string
  readonly by: string
}

function registering(command: Command, { env, print }: Surroundings): void {
  const collect = (value: string, before: readonly string[]) => [...before, value]
  command
    .command('register <id>')
    .description('Let a system send: the id stands in its addresses, for ever')
    .requiredOption('--name <text>', 'as people know it')
    .requiredOption('--organisation <ods>', 'ODS code')
    .requiredOption('--source <id>', 'a catalogue source it speaks for; may be given again', collect, [])
    .option('--client <sub>', '`sub` of its access tokens, where it brings tokens in place of signatures')
    .requiredOption('--by <who>', 'who decides so, such as a user id or a ticket')
    .addHelpText(
      'after',
      '\nExample: chesil partner register rxx-engine --name "RXX engine" --organisation RXX --source rxx-fhir --by INC-7'
    )
    .action(async (id: string, { name, organisation, source, client, by }: Registration) => {
      if (!/^[a-z0-9][a-z0-9-]{1,40}$/.test(id))
        throw new Error('An id is 2 to 41 lower-case letters, digits and hyphens')
      const odsCode = findOdsCode(organisation)
      if (odsCode === undefined) throw new Error('--organisation is no ODS code')
      const partner = { id, name, odsCode, sourceIds: source, clientId: client ?? null }
      const isNew = await withDatabase(env, (database) => registerPartner(database, partner, by))
      if (!isNew)
        throw new Error('There is a partner of this id, or with this client, already: see `partner list`')
      print(`${id} is registered. Next: chesil partner key add ${id} --by ${by}`)
    })
  command
    .command('list')
    .description('Say who may send')
    .option('--json', 'print them as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const partners = await withDatabase(env, listPartners)
      if (json) return print(JSON.stringify(partners))
      for (const { id, odsCode, name, sourceIds, isSuspended } of partners)
        print([id, odsCode, name, sourceIds.join(','), ...(isSuspended ? ['suspended'] : [])].join('  '))
      print(`${partners.length} registered`)
    })
  const changing = [
    ['suspend', 'Refuse what it sends, and tell it of nothing', 'is suspended', suspendPartner],
    ['resume', 'Let it send again', 'may send again', (sql: Database, id: string) => resumePartner(sql, id)]
  ] as const
  for (const [name, description, done, change] of changing)
    command
      .command(`${name} <id>`)
      .description(description)
      .requiredOption('--by <who>', 'who decides so')
      .action(async (id: string, { by }: { by: string }) => {
        const isChanged = await withDatabase(env, (database) => change(database, id, by))
        if (!isChanged) throw new Error('Nothing changed: see `partner list`')
        print(`${id} ${done}`)
      })
}

function keyCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('add <partner>')
    .description('Make a key and print it once; or take the public key of a partner that signs with ed25519')
    .option('--public <key>', 'whpk_…, its own')
    .requiredOption('--by <who>', 'who decides so')
    .action(async (partnerId: string, { public: given, by }: { public?: string; by: string }) => {
      const text = given ?? generateKey('v1').verifying
      const { scheme } = parseVerifyingKey(text)
      if (given !== undefined && scheme !== 'v1a')
        throw new Error('--public takes a key that begins with whpk_: a secret is made here, not brought')
      const sealing = sealingOf(env)
      const id = systemIds.newId()
      const key = { id, partnerId, endpointId: null, scheme, fingerprint: fingerprintOf(text) }
      const outcome = await withDatabase(env, (database) =>
        database.transaction((sql) => addPartnerKey(sql, { ...key, sealed: sealing.seal(text, id) }, by))
      )
      if (outcome === 'unknown') throw new Error('There is no such partner: see `partner list`')
      if (outcome === 'full')
        throw new Error('Two keys are live: revoke one of them first, see `partner key list`')
      print(`${id}  ${scheme}  ${key.fingerprint}`)
      if (given === undefined) print(`${text}\nIt is not shown again: bring it to the partner by a safe way`)
    })
  command
    .command('list <partner>')
    .description('Say which keys there are and were, the newest first')
    .option('--json', 'print them as JSON')
    .action(async (partnerId: string, { json = false }: { json?: boolean }) => {
      const keys = await withDatabase(env, (database) => listPartnerKeys(database, partnerId))
      if (json) return print(JSON.stringify(keys))
      for (const { id, scheme, fingerprint, createdAt, revokedAt } of keys) {
        const times = [
          `since ${day(createdAt)}`,
          ...(revokedAt === null ? [] : [`revoked ${day(revokedAt)}`])
        ]
        print([id, scheme, fingerprint, ...times].join('  '))
      }
      print(`${keys.filter(({ revokedAt }) => revokedAt === null).length} live`)
    })
  command
    .command('revoke <key>')
    .description('Refuse whatever is signed with it, within seconds')
    .requiredOption('--by <who>', 'who decides so')
    .action(async (id: string, { by }: { by: string }) => {
      if (!uuid.test(id)) throw new Error('A key is named by its id: see `partner key list`')
      const isRevoked = await withDatabase(env, (database) => revokePartnerKey(database, id, by))
      if (!isRevoked) throw new Error('No such key is live: see `partner key list`')
      print('It is revoked')
    })
}

function retrying(command: Command, { env, print }: Surroundings): void {
  command
    .command('retry [event]')
    .description('Try events that failed again: all, of one partner, or one by the id of its receipt')
    .option('--partner <id>', 'of this partner')
    .action(async (event: string | undefined, { partner }: { partner?: string }) => {
      if (event !== undefined && !uuid.test(event))
        throw new Error('An event is named by the id of its receipt')
      const which = {
        ...(event !== undefined && { id: event }),
        ...(partner !== undefined && { partnerId: partner })
      }
      print(`${await withDatabase(env, (database) => retryWebhooks(database, which))} are tried again`)
    })
}

interface Signed {
  readonly id: string
  readonly timestamp: string
  readonly signature: string
}

function verifying(command: Command, { env, print }: Surroundings): void {
  command
    .command('verify <body>')
    .alias('verify-signature')
    .description('Say whether a signature is right for the body in this file, by the key in WEBHOOK_KEY')
    .requiredOption('--id <text>', 'webhook-id')
    .requiredOption('--timestamp <seconds>', 'webhook-timestamp; its age does not count here')
    .requiredOption('--signature <text>', 'webhook-signature')
    .action((file: string, { id, timestamp, signature }: Signed) => {
      const text = env['WEBHOOK_KEY']
      if (!text) throw new Error('Set WEBHOOK_KEY to the key: whsec_… or whpk_…')
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
      const keys = [parseVerifyingKey(text)]
      const now = /^\d+$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN
      const verification = verifyWebhook({ headers, body: readFileSync(file), keys, now })
      if (verification.outcome === 'refused') throw new Error(`Refused: ${verification.reason}`)
      print('The signature is right')
    })
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
