import { listRefusedVisits, releaseVisit, visitHashOf } from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

const mostRows = 1_000

/** `chesil stays list|release`: stays of which nothing is taken, because something of them was not to be shared. */
export function stayCommands(command: Command, { env, print }: Surroundings): void {
  command
    .command('list')
    .description('Say which stays are refused, and by which messages their source knows them')
    .option('--source <id>', 'of one source')
    .option('--json', 'print them as JSON')
    .action(async ({ source, json = false }: { source?: string; json?: boolean }) => {
      const query = { limit: mostRows, ...(source !== undefined && { sourceId: source }) }
      const found = await withDatabase(env, (database) => listRefusedVisits(database, query))
      const stays = found.map((stay) => ({ ...stay, refusedAt: new Date(stay.refusedAt).toISOString() }))
      if (json) return print(JSON.stringify(stays))
      for (const { sourceId, visitHash, refusedAt, controlIds } of stays)
        print([sourceId, visitHash, refusedAt, controlIds.join(',') || '-'].join('  '))
      print(`${stays.length}${stays.length === mostRows ? ' or more' : ''} refused`)
    })
  command
    .command('release')
    .argument('<source>', 'whose stay it is')
    .argument('[hash]', 'as `list` prints it; absent: of the number in VISIT_NUMBER')
    .description('A stay was refused by mistake: what comes of it from now on is taken')
    .requiredOption('--by <who>', 'who decides so, such as a user id or a ticket')
    .action(async (sourceId: string, hash: string | undefined, { by }: { by: string }) => {
      const visitHash = hash ?? visitHashOf(sourceId, numberIn(env))
      const isReleased = await withDatabase(env, (database) =>
        database.transaction((sql) => releaseVisit(sql, { sourceId, visitHash, releasedBy: by }))
      )
      if (!isReleased) throw new Error('No such stay is refused: see `stays list`')
      print('The stay is released: ask its source to send it again')
    })
}

function numberIn(env: Surroundings['env']): string {
  const number = env['VISIT_NUMBER']
  if (!number)
    throw new Error(
      'Name the hash, or set VISIT_NUMBER in the environment: a command line would keep it in its history'
    )
  return number
}
