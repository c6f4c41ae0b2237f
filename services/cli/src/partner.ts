import { readFileSync } from 'node:fs'
import { listOperatorActions, listPartnerKeys, listPartners } from '@chesil/record-store'
import { parseVerifyingKey, verifyWebhook } from '@chesil/webhook-signatures'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { atKeys, atPartners, decided } from './partner-desk.ts'
import { catalogueCommand, endpointCommands } from './partner-endpoints.ts'
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
    .requiredOption(...decided)
    .addHelpText(
      'after',
      '\nExample: chesil partner register rxx-engine --name "RXX engine" --organisation RXX --source rxx-fhir --by INC-7'
    )
    .action(async (id: string, { name, organisation, source, client, by }: Registration) => {
      const registration = { id, name, organisation, sourceIds: source }
      const all = { ...registration, ...(client !== undefined && { clientId: client }) }
      await atPartners(env, (desk) => desk.register(all, by))
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
    ['suspend', 'Refuse what it sends, and tell it of nothing', 'is suspended'],
    ['resume', 'Let it send again', 'may send again']
  ] as const
  for (const [name, description, done] of changing)
    command
      .command(`${name} <id>`)
      .description(description)
      .requiredOption(...decided)
      .action(async (id: string, { by }: { by: string }) => {
        await atPartners(env, (desk) => desk[name](id, by))
        print(`${id} ${done}`)
      })
  command
    .command('history <id>')
    .description('Say what staff did for or to a partner, the latest first')
    .option('--json', 'print it as JSON')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const actions = await withDatabase(env, (database) => listOperatorActions(database, id, mostActions))
      if (json) return print(JSON.stringify(actions))
      for (const { at, action, target, by } of actions)
        print([new Date(at).toISOString(), action, ...(target === null ? [] : [target]), by].join('  '))
    })
}

const mostActions = 200

function keyCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('add <partner>')
    .description('Make a key and print it once; or take the public key of a partner that signs with ed25519')
    .option('--public <key>', 'whpk_…, its own')
    .requiredOption(...decided)
    .action(async (partnerId: string, { public: given, by }: { public?: string; by: string }) => {
      const { id, scheme, fingerprint, shown } = await atKeys(env, (desk) => desk.add(partnerId, given, by))
      print(`${id}  ${scheme}  ${fingerprint}`)
      if (shown !== undefined) print(`${shown}\nIt is not shown again: bring it to the partner by a safe way`)
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
    .requiredOption(...decided)
    .action(async (id: string, { by }: { by: string }) => {
      await atKeys(env, (desk) => desk.revoke(id, by))
      print('It is revoked')
    })
}

function retrying(command: Command, { env, print }: Surroundings): void {
  command
    .command('retry [event]')
    .description('Try events that failed again: all, of one partner, or one by the id of its receipt')
    .option('--partner <id>', 'of this partner')
    .requiredOption(...decided)
    .action(async (event: string | undefined, { partner, by }: { partner?: string; by: string }) => {
      const which = {
        ...(event !== undefined && { id: event }),
        ...(partner !== undefined && { partnerId: partner })
      }
      print(`${await atPartners(env, (desk) => desk.retryEvents(which, by))} are tried again`)
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

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
