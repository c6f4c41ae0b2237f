import { randomUUID } from 'node:crypto'
import { visitHashOf } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { messageOf, openInbox, refusalOf } from '../../../tests/support/inbox.ts'
import { chesil } from './support/chesil.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db, url } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit, visit_release cascade')
})

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  chesil(args, { DATABASE_URL: url(), ...env })

const visitHash = visitHashOf('hospital', 'V1')
const { take } = openInbox(db)
const refuse = () => take(refusalOf('C1', visitHash))
async function dead(): Promise<string> {
  const message = messageOf('C1')
  await take(message)
  await db().query(`update inbox_message set state = 'dead', attempt = 5, reason = 'a defect'`)
  return message.id
}

describe('messages', () => {
  test('that are dead are listed, as lines and as JSON', async () => {
    const id = await dead()
    const { code, stdout } = await run(['messages', 'list'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      new RegExp(`^${id}  message  hospital  ADT\\^A01  C1  \\S+  5 attempts  a defect\\n1 dead\\n$`)
    )
    const json = await run(['messages', 'list', '--json', '--source', 'hospital'])
    expect(JSON.parse(json.stdout)).toMatchObject([{ id, controlId: 'C1', relation: 'inbox_message' }])
    expect((await run(['messages', 'list', '--state', 'waiting'])).stdout).toBe('0 waiting\n')
  })

  test('that are dead are tried again, all, of one source, or one', async () => {
    await dead()
    expect((await run(['messages', 'retry', '--source', 'other'])).stdout).toBe('0 will be tried again\n')
    expect((await run(['messages', 'retry', '--json'])).stdout).toBe('{"retried":1}\n')
    expect(await db().query('select state, attempt from inbox_message')).toEqual([
      { state: 'received', attempt: 0 }
    ])
  })

  test.each([
    ['is none', 'C1', /^ID is not one that/],
    ['is nobody’s', randomUUID(), /^No dead message with that ID/]
  ])('are not tried again by an id that %s', async (_case, id, message) => {
    await dead()
    const { code, stderr } = await run(['messages', 'retry', id])
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)])
  })
})

describe('stays', () => {
  const released = () => db().query('select visit_hash, released_by from visit_release')

  test('that are refused are listed with the numbers of their messages', async () => {
    await refuse()
    const { stdout } = await run(['stays', 'list'])
    expect(stdout).toMatch(/^hospital {2}\S{43} {2}\S+ {2}C1\n1 refused\n$/)
    expect(JSON.parse((await run(['stays', 'list', '--json'])).stdout)).toMatchObject([{ visitHash }])
  })

  test.each([
    ['by hash', [visitHash], {}],
    ['by number, whatever its case', [], { VISIT_NUMBER: ' v1' }]
  ])('are released %s, and it is kept who did it', async (_how, more, env) => {
    await refuse()
    const args = ['stays', 'release', '--by', 'ticket-1', '--', 'hospital', ...more]
    expect(await run(args, env)).toMatchObject({ code: 0, stderr: '' })
    expect(await released()).toEqual([{ visit_hash: visitHash, released_by: 'ticket-1' }])
    expect((await run(['stays', 'list'])).stdout).toBe('0 refused\n')
  })

  test('that are not refused cannot be released', async () => {
    const { code, stderr } = await run(['stays', 'release', '--by', 'x', 'hospital'], { VISIT_NUMBER: 'V9' })
    expect([code, stderr]).toEqual([1, 'No such stay is refused: see `stays list`\n'])
    expect((await run(['stays', 'release', '--by', 'x', 'hospital'])).stderr).toMatch(
      /^Name the hash, or set/
    )
  })
})
