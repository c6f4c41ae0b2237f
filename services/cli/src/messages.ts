import { listMessages, type MessageInWork, type MessageState, retryMessages } from '@chesil/record-store'
import { type Command, Option } from 'commander'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

const states: readonly MessageState[] = ['dead', 'waiting', 'refused']
const mostRows = 1_000
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** `chesil messages list|retry`: what was received, and what was mapped of it, as it stands in Postgres. */
export function messageCommands(command: Command, surroundings: Surroundings): void {
  command
    .command('list')
    .description('Say which messages are dead, wait or were refused; no patient data')
    .addOption(new Option('--state <state>', 'which').choices([...states]).default('dead'))
    .option('--source <id>', 'of one source')
    .option('--json', 'print them as JSON')
    .action(async (options: { state: MessageState; source?: string; json?: boolean }) => {
      await listCommand(options, surroundings)
    })
  command
    .command('retry')
    .argument('[id]', 'of one message, as `list` prints it')
    .description('Try dead messages again; those answering a question are asked for anew at the next read')
    .option('--source <id>', 'of one source')
    .option('--json', 'print the count as JSON')
    .action(async (id: string | undefined, options: { source?: string; json?: boolean }) => {
      await retryCommand(id, options, surroundings)
    })
}

async function listCommand(
  { state, source, json = false }: { state: MessageState; source?: string; json?: boolean },
  { env, print }: Surroundings
): Promise<void> {
  const query = { state, limit: mostRows, ...(source !== undefined && { sourceId: source }) }
  const messages = await withDatabase(env, (database) => listMessages(database, query))
  if (json) return print(JSON.stringify(messages.map(withTime)))
  for (const message of messages) print(inWords(message))
  print(`${messages.length}${messages.length === mostRows ? ' or more' : ''} ${state}`)
}

async function retryCommand(
  id: string | undefined,
  { source, json = false }: { source?: string; json?: boolean },
  { env, print }: Surroundings
): Promise<void> {
  if (id !== undefined && !idPattern.test(id)) throw new Error('ID is not one that `messages list` prints')
  const which = {
    limit: mostRows,
    ...(source !== undefined && { sourceId: source }),
    ...(id !== undefined && { id })
  }
  const count = await withDatabase(env, (database) =>
    database.transaction((sql) => retryMessages(sql, which))
  )
  if (id !== undefined && count === 0) throw new Error('No dead message with that ID can be tried again')
  print(json ? JSON.stringify({ retried: count }) : `${count} will be tried again`)
}

const withTime = ({ receivedAt, ...message }: MessageInWork) => ({
  ...message,
  receivedAt: new Date(receivedAt).toISOString()
})

const inWords = (message: MessageInWork): string => {
  const { relation, id, sourceId, event, controlId, reason, attempt, isKept } = message
  const what = relation === 'contribution' ? 'mapped' : 'message'
  const kept = isKept ? [] : ['without content']
  return [
    id,
    what,
    sourceId,
    event ?? '-',
    controlId ?? '-',
    withTime(message).receivedAt,
    `${attempt} attempts`,
    reason ?? '-',
    ...kept
  ].join('  ')
}
