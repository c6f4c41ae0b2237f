import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { createDatabase } from './databases.ts'
import { type OpenStack, openStack, type StackOptions } from './open-stack.ts'

export {
  type Answer,
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type ServiceName
} from './open-stack.ts'

export type Stack = OpenStack

/** A stack on the servers of this test run, with a database of its own; the file that starts it stops it. */
export async function startStack(
  options: StackOptions & { readonly redisUrl?: string } = {}
): Promise<Stack> {
  const own = await createDatabase()
  const stack = await openStack(
    {
      databaseUrl: own.url,
      redisUrl: options.redisUrl ?? inject('redisUrl'),
      queuePrefix: `{${inject('testPrefix')}_${randomBytes(4).toString('hex')}}`
    },
    options
  )
  return {
    ...stack,
    async stop() {
      await stack.stop()
      await own.drop()
    }
  }
}
