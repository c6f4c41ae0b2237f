import type { WhichDeliveries } from '@chesil/partner-desk'
import {
  type DeliveryFacts,
  listSubscriptions,
  readDeliveryPage,
  type Subscription
} from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { atSubscriptions, decided } from './partner-desk.ts'
import type { Surroundings } from './program.ts'

/** `chesil partner subscription …`: of whom a partner is told is not shown, for no operator has to know. */
export function subscriptionCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('list <partner>')
    .description('Say what a partner is told of')
    .option('--json', 'print them as JSON')
    .action(async (partnerId: string, { json = false }: { json?: boolean }) => {
      const subscriptions = await withDatabase(env, (database) => listSubscriptions(database, partnerId))
      if (json) return print(JSON.stringify(subscriptions))
      for (const subscription of subscriptions) print(inShort(subscription))
      print(`${subscriptions.length} made`)
    })
  command
    .command('show <partner> <subscription>')
    .description('Say how one stands')
    .option('--json', 'print it as JSON')
    .action(async (partnerId: string, id: string, { json = false }: { json?: boolean }) => {
      const found = await atSubscriptions(env, (desk) => desk.find(partnerId, id))
      if (json) return print(JSON.stringify(found))
      for (const [name, value] of Object.entries(found)) if (value !== null) print(`${name}  ${value}`)
    })
  command
    .command('end <partner> <subscription>')
    .description('Tell nothing more; what waits is kept, and can be delivered again')
    .requiredOption(...decided)
    .action(async (partnerId: string, id: string, { by }: { by: string }) => {
      await atSubscriptions(env, (desk) => desk.end(partnerId, id, by))
      print('It is off')
    })
  command
    .command('resume <partner> <subscription>')
    .description('Begin again with a handshake')
    .requiredOption(...decided)
    .action(async (partnerId: string, id: string, { by }: { by: string }) => {
      await atSubscriptions(env, (desk) => desk.resume(partnerId, id, by))
      print('A handshake is on its way')
    })
}

const inShort = ({ id, topic, url, status, reason, lastNumber }: Subscription): string =>
  [id, topic, url, reason === null ? status : `${status} (${reason})`, `last ${lastNumber}`].join('  ')

interface Again {
  readonly id?: string
  readonly from?: string
  readonly to?: string
  readonly since?: string
  readonly by: string
}

const states: readonly string[] = ['waiting', 'delivered', 'dead'] satisfies DeliveryFacts['state'][]
const mostListed = 200

/** `chesil partner delivery …` */
export function deliveryCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('list <partner> <subscription>')
    .description(`Say what was sent, or could not be: the latest ${mostListed}`)
    .option('--state <state>', states.join(', '))
    .option('--json', 'print them as JSON')
    .action(
      async (partnerId: string, id: string, { state, json = false }: { state?: string; json?: boolean }) => {
        if (state !== undefined && !states.includes(state)) throw new Error(`--state is ${states.join(', ')}`)
        const deliveries = await atSubscriptions(env, async (desk, database) => {
          await desk.find(partnerId, id)
          const of = state === undefined ? {} : { state: state as DeliveryFacts['state'] }
          return await readDeliveryPage(database, {
            subscriptionId: id,
            for: 'staff',
            limit: mostListed,
            ...of
          })
        })
        if (json) return print(JSON.stringify(deliveries))
        for (const delivery of deliveries) print(deliveryInShort(delivery))
        print(`${deliveries.length} shown`)
      }
    )
  command
    .command('redeliver <partner> <subscription>')
    .description(
      'Send events again, in their order: one, those with these numbers, or those made since a time'
    )
    .option('--id <delivery>', 'one')
    .option('--from <number>', 'with --to: these numbers, both in it')
    .option('--to <number>')
    .option('--since <instant>', 'made then or later')
    .requiredOption(...decided)
    .action(async (partnerId: string, id: string, options: Again) => {
      const which = readAgain(options)
      const count = await atSubscriptions(env, (desk) => desk.redeliver(partnerId, id, which, options.by))
      print(`${count} are sent again`)
    })
}

const deliveryInShort = ({
  id,
  kind,
  number,
  state,
  attempt,
  lastStatus,
  lastReason
}: DeliveryFacts): string =>
  [
    id,
    kind,
    ...(number === null ? [] : [`no. ${number}`]),
    state,
    `${attempt} attempts`,
    ...[lastStatus, lastReason].filter((one) => one !== null)
  ].join('  ')

/** @throws Error */
function readAgain({ id, from, to, since }: Again): WhichDeliveries {
  const given = [id, from, since].filter((one) => one !== undefined)
  if (given.length !== 1 || (from === undefined) !== (to === undefined))
    throw new Error('Say which: --id, or --from and --to, or --since')
  if (id !== undefined) return { id }
  if (from !== undefined && to !== undefined) return { numbers: [wholeNumber(from), wholeNumber(to)] }
  const at = Date.parse(since ?? '')
  if (Number.isNaN(at)) throw new Error('--since is an instant: 2026-01-31T09:00:00Z')
  return { since: at }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Error('Numbers are whole, and begin at 1')
  return Number(text)
}
