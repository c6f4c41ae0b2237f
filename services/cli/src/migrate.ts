import { migrate } from '@chesil/record-store'
import { databaseUrl, withConnection } from './database.ts'
import type { Surroundings } from './program.ts'

export async function migrateCommand({ env, print }: Surroundings): Promise<void> {
  await withConnection(env, () => migrate(databaseUrl(env), { onStep: print }))
  print('The database is up to date')
}
