import { personIdOf, systemIds } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { shownTexts } from '../../../tests/support/contributions.ts'
import { createTrust, local, merge } from '../../../tests/support/messages.ts'
import { chesil } from './support/chesil.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db, url } = useDatabase()
const run = (...args: readonly string[]) => chesil(args, { DATABASE_URL: url() })

test('a merge that was a mistake is listed, undone, and leaves each item with whom it came from', async () => {
  const trust = createTrust(db)
  const [a, b] = [systemIds.newId(), systemIds.newId()]
  await trust.say(a, [trust.result(a, 'of a')])
  await trust.say(b, [trust.result(b, 'of b')])
  await trust.say(b, [], { identity: [merge(a, b)] })
  expect(await shownTexts(db(), personIdOf(local(b)))).toEqual(['of a', 'of b'])

  const [statement] = JSON.parse((await run('identity', 'list', '--json')).stdout) as {
    id: string
    kind: string
  }[]
  expect(statement).toMatchObject({ kind: 'merge', from: personIdOf(local(a)), into: personIdOf(local(b)) })
  expect((await run('identity', 'list')).stdout).toContain(`${statement?.id}  ${trust.sourceId}  merge`)
  const id = statement?.id ?? ''
  expect(await run('identity', 'undo', id, '--by', 'ticket 7')).toMatchObject({
    code: 0,
    stdout: 'It is undone\n'
  })
  expect(await shownTexts(db(), personIdOf(local(a)))).toEqual(['of a'])
  expect(await shownTexts(db(), personIdOf(local(b)))).toEqual(['of b'])
  expect(await run('identity', 'undo', id, '--by', 'ticket 7')).toMatchObject({ code: 1 })
})
