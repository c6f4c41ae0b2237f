import {
  type Database,
  type DeliveryFacts,
  endSubscription,
  findSubscription,
  listSubscriptions,
  readDeliveryPage,
  redeliver,
  resumeSubscription,
  type Subscription,
  systemIds
} from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { uuidOf } from './partner-endpoints.ts'
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
      const found = await withDatabase(env, (database) => findOwn(database, partnerId, id))
      if (json) return print(JSON.stringify(found))
      for (const [name, value] of Object.entries(found)) if (value !== null) print(`${name}  ${value}`)
    })
  command
    .command('end <partner> <subscription>')
    .description('Tell nothing more; what waits is kept, and can be delivered again')
    .action(async (partnerId: string, id: string) => {
      const isEnded = await withDatabase(env, async (database) => {
        await findOwn(database, partnerId, id)
        return await database.transaction((sql) => endSubscription(sql, id, 'by-operator'))
      })
      if (!isEnded) throw new Error('It was off already')
      print('It is off')
    })
  command
    .command('resume <partner> <subscription>')
    .description('Begin again with a handshake')
    .action(async (partnerId: string, id: string) => {
      const isResumed = await withDatabase(env, async (database) => {
        await findOwn(database, partnerId, id)
        return await database.transaction((sql) => resumeSubscription(sql, id, systemIds.newId()))
      })
      if (!isResumed) throw new Error('It is not off, or its endpoint is disabled: see `endpoint list`')
      print('A handshake is on its way')
    })
}

const inShort = ({ id, topic, url, status, reason, lastNumber }: Subscription): string =>
  [id, topic, url, reason === null ? status : `${status} (${reason})`, `last ${lastNumber}`].join('  ')

async function findOwn(database: Database, partnerId: string, id: string): Promise<Subscription> {
  const found = await findSubscription(database, partnerId, uuidOf(id))
  if (!found) throw new Error('There is no such subscription: see `subscription list`')
  return found
}

interface Again {
  readonly id?: string
  readonly from?: string
  readonly to?: string
  readonly since?: string
  readonly perSecond: string
}

const states: readonly string[] = ['waiting', 'delivered', 'dead'] satisfies DeliveryFacts['state'][]
const mostListed = 200
const mostRedelivered = 10_000

/** `chesil partner delivery …` */
export function deliveryCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('list <partner> <subscription>')
    .description(`Say what was sent, or could not be: the latest ${mostListed}`)
    .option('--state <state>', states.join(', '))
    .option('--json', 'print them as JSON')
    .action(async (partnerId: string, id: string, { state, json = false }: { state?: string; json?: boolean }) => {
      if (state !== undefined && !states.includes(state)) throw new Error(`--state is ${states.join(', ')}`)
      const deliveries = await withDatabase(env, async (database) => {
        await findOwn(database, partnerId, id)
        const of = state === undefined ? {} : { state: state as DeliveryFacts['state'] }
        return await readDeliveryPage(database, { subscriptionId: id, limit: mostListed, ...of })
      })
      if (json) return print(JSON.stringify(deliveries))
      for (const delivery of deliveries) print(deliveryInShort(delivery))
      print(`${deliveries.length} shown`)
    })
  command
    .command('redeliver <partner> <subscription>')
    .description('Send events again, in their order: one, those with these numbers, or those made since a time')
    .option('--id <delivery>', 'one')
    .option('--from <number>', 'with --to: these numbers, both in it')
    .option('--to <number>')
    .option('--since <instant>', 'made then or later')
    .option('--per-second <count>', 'at most so many', '10')
    .action(async (partnerId: string, subscriptionId: string, options: Again) => {
      const which = readAgain(options)
      const count = await withDatabase(env, async (database) => {
        const { status } = await findOwn(database, partnerId, subscriptionId)
        if (status === 'off') throw new Error('It is off: see `subscription resume`')
        const again = { subscriptionId, ...which, limit: mostRedelivered, now: Date.now() }
        return await database.transaction((sql) => redeliver(sql, again))
      })
      print(`${count} are sent again`)
    })
}

const deliveryInShort = ({ id, kind, number, state, attempt, lastStatus, lastReason }: DeliveryFacts): string =>
  [
    id,
    kind,
    ...(number === null ? [] : [`no. ${number}`]),
    state,
    `${attempt} attempts`,
    ...[lastStatus, lastReason].filter((one) => one !== null)
  ].join('  ')

/** @throws Error */
function readAgain({ id, from, to, since, perSecond }: Again) {
  const rate = { perSecond: wholeNumber(perSecond) }
  const given = [id, from, since].filter((one) => one !== undefined)
  if (given.length !== 1 || (from === undefined) !== (to === undefined))
    throw new Error('Say which: --id, or --from and --to, or --since')
  if (id !== undefined) return { ...rate, id: uuidOf(id) }
  if (from !== undefined && to !== undefined)
    return { ...rate, numbers: [wholeNumber(from), wholeNumber(to)] as const }
  const at = Date.parse(since ?? '')
  if (Number.isNaN(at)) throw new Error('--since is an instant: 2026-01-31T09:00:00Z')
  return { ...rate, since: at }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Error('Numbers are whole, and begin at 1')
  return Number(text)
}
