import { setTimeout as sleep } from 'node:timers/promises'
import { readPersonState, recordObjection, saveTrace, systemIds } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { apply, shownTexts } from '../support/contributions.ts'
import { createTrust, subject } from '../support/messages.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const trust = createTrust(db)

let numbers = 0
const newNumber = () => `W${++numbers}`
const bob = { given: ['Bob'], family: 'Other', birthDate: '1987-01-02' }
const zoe = { given: ['Zoe'] }
const say = (number: string, item: string, changes: Parameters<typeof subject>[1]) =>
  trust.say(subject(number, changes), [trust.result(number, `${number}-${item}`)])
const isApart = async (personId: string) => {
  const apart = (await readPersonState(db(), personId, 'system'))?.apart
  return apart !== undefined && JSON.stringify(apart) !== '[]' && JSON.stringify(apart) !== 'false'
}

describe('a record that was closed, and is opened by another of its numbers,', () => {
  test('does not show whom a source mistook for the person by an older number', async () => {
    const number = newNumber()
    const [old, now] = [persons.next(), persons.next()]
    const person = await persons.trace({ asked: old, current: now, status: 'restricted' })
    await say(number, 'bob', { ...bob, nhsNumber: old })
    await persons.trace({ asked: now })
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await isApart(person)).toBe(true)
  })

  test('does not show who came under the same number of the source without one of the NHS', async () => {
    const number = newNumber()
    const [old, now] = [persons.next(), persons.next()]
    const person = await persons.trace({ asked: old, current: now, status: 'restricted' })
    await say(number, 'ada', { nhsNumber: old })
    await say(number, 'zoe', zoe)
    await persons.trace({ asked: now })
    expect(await shownTexts(db(), person)).not.toContain(`${number}-zoe`)
  })

  test('nor where that was agreed before it was closed', async () => {
    const number = newNumber()
    const [old, now] = [persons.next(), persons.next()]
    const person = await persons.trace({ asked: old, current: now })
    await say(number, 'ada', { nhsNumber: old })
    await persons.trace({ asked: now, status: 'restricted' })
    await say(number, 'zoe', { ...zoe, birthDate: '1987-01-02' })
    await persons.trace({ asked: now })
    expect(await shownTexts(db(), person)).not.toContain(`${number}-zoe`)
  })

  test('keeps what PDS had confirmed, whatever name it has by now', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await say(number, 'ada', { nhsNumber })
    await persons.trace({ asked: nhsNumber, status: 'restricted' })
    const renamed = pdsPatient(nhsNumber, { name: [{ use: 'usual', family: 'Weir', given: ['Beth'] }] })
    await persons.trace({ asked: nhsNumber, patient: renamed })
    expect(await shownTexts(db(), person)).toEqual([`${number}-ada`])
  })
})

describe('whose first name PDS has changed', () => {
  test('is told of by messages under the name that it had confirmed, and by no other that it has not', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await say(number, 'before', { nhsNumber })
    const renamed = pdsPatient(nhsNumber, { name: [{ use: 'usual', family: 'Weir', given: ['Beth'] }] })
    await persons.trace({ asked: nhsNumber, patient: renamed })
    await say(number, 'as-before', { nhsNumber })
    await say(number, 'beth', { nhsNumber, given: ['Beth'] })
    await say(number, 'zoe', { nhsNumber, ...zoe })
    await say(number, 'other-day', { nhsNumber, birthDate: '1987-01-02' })
    expect(await shownTexts(db(), person)).toEqual(
      ['as-before', 'before', 'beth'].map((item) => `${number}-${item}`)
    )
  })
})

describe('a message that waited for somebody', () => {
  /** @returns what became of it. */
  async function whileItWaits(
    [number, nhsNumber]: readonly [string, ReturnType<typeof persons.next>],
    change: (sql: Parameters<Parameters<ReturnType<typeof db>['transaction']>[0]>[0]) => Promise<unknown>
  ): Promise<readonly string[]> {
    const part = {
      mode: 'delta' as const,
      sections: [],
      entries: [trust.result(number, `${number}-late`)],
      quarantined: []
    }
    const id = await trust.send(
      { subject: subject(number, { nhsNumber }), contribution: part },
      Date.UTC(2027, 0, 1)
    )
    let applied: Promise<readonly string[]> | undefined
    await db().transaction(async (sql) => {
      await change(sql)
      applied = apply(db(), id)
      await somebodyWaits()
    })
    return (await applied) ?? []
  }

  async function somebodyWaits(): Promise<void> {
    for (let waited = 0; waited < 5_000; waited += 20) {
      const [row] = await db().query<{ count: number }>(
        `select count(*) as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
      )
      if ((row?.count ?? 0) > 0) return
      await sleep(20)
    }
    throw new Error('Nobody waits')
  }

  test('who has objected meanwhile is refused', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await say(number, 'before', { nhsNumber })
    const outcome = await whileItWaits([number, nhsNumber], (sql) =>
      recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' })
    )
    expect(outcome).toEqual(['refused'])
    expect(await shownTexts(db(), person)).not.toContain(`${number}-late`)
  })

  test('whose number PDS has replaced meanwhile lands', async () => {
    const number = newNumber()
    const [old, now] = [persons.next(), persons.next()]
    await persons.trace({ asked: now })
    await say(number, 'before', { nhsNumber: now })
    const outcome = await whileItWaits([number, old], (sql) =>
      saveTrace(
        sql,
        {
          asked: old,
          current: now,
          status: 'unrestricted',
          patient: pdsPatient(now),
          tracedAt: Date.UTC(2027, 1, 1)
        },
        systemIds
      )
    )
    expect(outcome).toEqual(['applied'])
  })
})

test('two numbers that PDS makes one join what was kept apart because of them', async () => {
  const number = newNumber()
  const [one, two] = [persons.next(), persons.next()]
  await say(number, 'one', { nhsNumber: one })
  await say(number, 'two', { nhsNumber: two })
  await persons.trace({ asked: one })
  expect(await shownTexts(db(), await persons.trace({ asked: two }))).toEqual([])
  const person = await persons.trace({ asked: one, current: two })
  expect(await shownTexts(db(), person)).toEqual([`${number}-one`, `${number}-two`])
})

test.each([true, false])(
  'a twin’s message keeps what has no number from the person (traced before: %s)',
  async (isTraced) => {
    const number = newNumber()
    const nhsNumber = persons.next()
    if (isTraced) await persons.trace({ asked: nhsNumber })
    await say(number, 'nobody', { given: [] })
    await say(number, 'zoe', { ...zoe, nhsNumber })
    if (!isTraced) await persons.trace({ asked: nhsNumber })
    await say(number, 'ada', { nhsNumber })
    const person = await persons.trace({ asked: nhsNumber })
    expect(await shownTexts(db(), person)).not.toContain(`${number}-nobody`)
  }
)

test('messages of two people, each under the other’s number, do not lock each other out', async () => {
  const [first, second] = [newNumber(), newNumber()]
  const [one, two] = [persons.next(), persons.next()]
  await persons.trace({ asked: one })
  await persons.trace({ asked: two })
  await say(first, 'own', { nhsNumber: one })
  await say(second, 'own', { nhsNumber: two })
  const deadlocks = async () => {
    await db().query('select pg_stat_force_next_flush()')
    const [row] = await db().query<{ count: number }>(
      'select deadlocks as count from pg_stat_database where datname = current_database()'
    )
    return row?.count ?? 0
  }
  const before = await deadlocks()
  await Promise.all(
    Array.from({ length: 16 }, (_, at) =>
      at % 2 === 0
        ? say(first, `swapped-${at}`, { nhsNumber: two })
        : say(second, `swapped-${at}`, { nhsNumber: one })
    )
  )
  await sleep(200)
  expect((await deadlocks()) - before).toBe(0)
})
