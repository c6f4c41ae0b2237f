import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'

const { database } = useDatabase()
const pidOf = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ pid: number }>('select pg_backend_pid() as pid')
  return row?.pid ?? 0
}

test('a connection that is lost while a transaction has it fails the transaction and nothing else', async () => {
  const lost = database().transaction(async (sql) => {
    await database().query('select pg_terminate_backend($1)', [await pidOf(sql)])
    await sleep(50)
    await sql.query('select 1')
  })
  await expect(lost).rejects.toThrow()
  expect(await database().transaction((sql) => sql.query('select 1 as one'))).toEqual([{ one: 1 }])
})

test('of statements given together one that fails takes all with it, in the order given', async () => {
  await database().query('create table note (id integer primary key)')
  const insert = (sql: Sql, id: number) => sql.query('insert into note values ($1)', [id])
  const failing = database().transaction((sql) =>
    Promise.all([insert(sql, 1), insert(sql, 1), insert(sql, 2)])
  )
  await expect(failing).rejects.toThrow('duplicate key')
  expect(await database().query('select id from note')).toEqual([])
})

test('nothing of a transaction runs once it is over', async () => {
  await database().query('create table late (id integer primary key)')
  let late: Promise<unknown> | undefined
  const failing = database().transaction((sql) => {
    late = sleep(50).then(() => sql.query('insert into late values (1)'))
    return Promise.reject(new Error('failed meanwhile'))
  })
  await expect(failing).rejects.toThrow('failed meanwhile')
  await expect(late).rejects.toThrow('The transaction is over')
  expect(await database().query('select id from late')).toEqual([])
})

test('rows are handed on one by one, as texts', async () => {
  const rows: (readonly (string | null)[])[] = []
  await database().each('select n, nullif(n, 2) from generate_series(1, $1::int) n', [3], (row) =>
    rows.push(row)
  )
  expect(rows).toEqual([
    ['1', '1'],
    ['2', null],
    ['3', '3']
  ])
})

test('a row that cannot be taken fails its statement, and no other', async () => {
  let taken = 0
  const failing = database().each('select generate_series(1, 3)', [], () => {
    taken++
    throw new Error('no room')
  })
  await expect(failing).rejects.toThrow('no room')
  expect(taken).toBe(1)
  await expect(database().each('select 1 / $1::int', [0], () => {})).rejects.toThrow('division by zero')
  expect(await database().query('select 1 as one')).toEqual([{ one: 1 }])
})
