import { randomUUID } from 'node:crypto'
import { parseNhsNumber } from '@chesil/fhir'
import { recordObjection, withdrawObjection } from '@chesil/record-store'
import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

/**
 * `chesil objection record|withdraw`: the NHS number comes in the environment, so that it does not end up in
 * the shell's history.
 */
export function objectionCommands(command: Command, { env, print }: Surroundings): void {
  const number = () => {
    const given = env['NHS_NUMBER']
    if (!given)
      throw new Error('Set NHS_NUMBER in the environment: a command line would keep it in its history')
    return parseNhsNumber(given)
  }
  command
    .command('record')
    .description(
      'The person in NHS_NUMBER objects: from now on nobody is shown anything, and no source is asked'
    )
    .requiredOption('--by <who>', 'who records it, such as a user id or a ticket')
    .action(async ({ by }: { by: string }) => {
      const nhsNumber = number()
      await withDatabase(env, (database) =>
        database.transaction((sql) => recordObjection(sql, { id: randomUUID(), nhsNumber, recordedBy: by }))
      )
      print('The objection is recorded')
    })
  command
    .command('withdraw')
    .description('The person in NHS_NUMBER no longer objects')
    .requiredOption('--by <who>', 'who records it')
    .action(async ({ by }: { by: string }) => {
      const nhsNumber = number()
      await withDatabase(env, (database) =>
        database.transaction((sql) => withdrawObjection(sql, { nhsNumber, withdrawnBy: by }))
      )
      print('The objection is withdrawn')
    })
}
