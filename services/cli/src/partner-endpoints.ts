import { eventCatalogue } from '@chesil/care-record'
import { listEndpoints } from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { atEndpoints, atKeys, decided } from './partner-desk.ts'
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
    .description(
      'Let a partner be told of changes at an address: https, and public unless a range allows for it'
    )
    .option(
      '--allow-range <cidr>',
      'where it may be besides public addresses; may be given again',
      collect,
      []
    )
    .requiredOption(...decided)
    .action(
      async (partnerId: string, url: string, options: { allowRange: readonly string[]; by: string }) => {
        const { allowRange: allowedRanges, by } = options
        const id = await atEndpoints(env, (desk) => desk.add({ partnerId, url, allowedRanges }, by))
        print(`${id}\nNext: chesil partner endpoint key ${id} --by ${by}`)
      }
    )
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
          [
            id,
            url,
            ...allowedRanges,
            ...(disabledReason === null ? [] : [`disabled: ${disabledReason}`])
          ].join('  ')
        )
      print(`${endpoints.length} registered`)
    })
}

function switching(command: Command, { env, print }: Surroundings): void {
  command
    .command('disable <endpoint>')
    .description('Send nothing there any more: its subscriptions end')
    .requiredOption(...decided)
    .action(async (id: string, { by }: { by: string }) => {
      const ended = await atEndpoints(env, (desk) => desk.disable(id, by))
      print(`It is disabled; ${ended} subscriptions have ended`)
    })
  command
    .command('enable <endpoint>')
    .description(
      'Send there again; subscriptions are resumed by their partner, or with `subscription resume`'
    )
    .requiredOption(...decided)
    .action(async (id: string, { by }: { by: string }) => {
      await atEndpoints(env, (desk) => desk.enable(id, by))
      print('It is enabled')
    })
}

function addingKeys(command: Command, { env, print }: Surroundings): void {
  command
    .command('key <endpoint>')
    .description('Make a key that what is sent there is signed with, and print once what the partner needs')
    .option('--scheme <v1|v1a>', 'v1: a shared secret; v1a: ed25519, the partner gets the public half', 'v1')
    .requiredOption(...decided)
    .action(async (endpointId: string, { scheme: asked, by }: { scheme: string; by: string }) => {
      const { id, scheme, fingerprint, shown } = await atKeys(env, (desk) =>
        desk.addToEndpoint(endpointId, asked, by)
      )
      print(`${id}  ${scheme}  ${fingerprint}`)
      print(`${shown}\nIt is not shown again: bring it to the partner by a safe way`)
    })
}

function testing(command: Command, { env, print }: Surroundings): void {
  command
    .command('test <endpoint>')
    .alias('send-test-event')
    .description('Send an event of no meaning there, signed with its live keys, and say how it is answered')
    .requiredOption(...decided)
    .action(async (id: string, { by }: { by: string }) => {
      const answer = await atEndpoints(env, (desk) => desk.sendTestEvent(id, by))
      if (typeof answer === 'string') throw new Error(`It was not answered: ${answer}`)
      if (answer < 200 || answer > 299) throw new Error(`It was answered with ${answer}, and not with 2xx`)
      print(`It was answered with ${answer}`)
    })
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
