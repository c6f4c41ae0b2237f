import { listStatements, systemIds, undoStatement } from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

const mostRows = 1_000

/** `chesil identity list|undo`: what sources have said of their patient numbers, and taking it back. */
export function identityCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('list')
    .description('Say which merges and links of patient numbers are in force, the latest first')
    .option('--source <id>', 'of one source')
    .option('--json', 'print them as JSON')
    .action(async ({ source, json = false }: { source?: string; json?: boolean }) => {
      const query = { limit: mostRows, ...(source !== undefined && { sourceId: source }) }
      const statements = await withDatabase(env, (database) => listStatements(database, query))
      if (json) return print(JSON.stringify(statements))
      for (const { id, sourceId, kind, from, into, saidAt } of statements)
        print([id, sourceId, kind, from, into, saidAt].join('  '))
      print(`${statements.length}${statements.length === mostRows ? ' or more' : ''} in force`)
    })
  command
    .command('undo')
    .argument('<id>', 'as `list` prints it')
    .description('A merge or link was a mistake: every item goes back to whom it came from')
    .requiredOption('--by <who>', 'who decides so, such as a user id or a ticket')
    .action(async (id: string, { by }: { by: string }) => {
      const isUndone = await withDatabase(env, (database) =>
        database.transaction((sql) => undoStatement(sql, id, by, systemIds))
      )
      if (!isUndone) throw new Error('No such statement is in force: see `identity list`')
      print('It is undone')
    })
}
