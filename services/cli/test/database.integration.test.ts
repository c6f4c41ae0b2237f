import { parseNhsNumber } from '@chesil/fhir'
import {
  createDatabase as connect,
  hasObjection,
  isMigrated,
  saveTrace,
  systemIds
} from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { chesil } from './support/chesil.ts'
import { createDatabase, useDatabase } from './support/test-servers.ts'

describe('migrate', () => {
  test('brings an empty database up to date, from several places at once, and may be repeated', async () => {
    const own = await createDatabase({ empty: true })
    const database = connect({ url: own.url, applicationName: 'test' })
    const migrate = () => chesil(['migrate'], { DATABASE_URL: own.url })
    try {
      expect(await isMigrated(database)).toBe(false)
      const runs = await Promise.all([migrate(), migrate()])
      expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
        Array(2).fill({ code: 0, stderr: '' })
      )
      expect(await isMigrated(database)).toBe(true)
      const again = await migrate()
      expect(again.code).toBe(0)
      expect(again.stdout).toMatch(/The database is up to date\n$/)
    } finally {
      await database.close()
      await own.drop()
    }
  })

  test('is what the others ask for when it was not run', async () => {
    const own = await createDatabase({ empty: true })
    try {
      const env = { DATABASE_URL: own.url, NHS_NUMBER: '9990000018' }
      expect(await chesil(['objection', 'record', '--by', 'x'], env)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'PostgreSQL lacks migrations of this release: run npm run chesil -- migrate\n'
      })
    } finally {
      await own.drop()
    }
  })
})

describe('objection', () => {
  const { database: db, url } = useDatabase()
  const objection = (what: 'record' | 'withdraw', nhsNumber: string, by: string) =>
    chesil(['objection', what, '--by', by], { DATABASE_URL: url(), NHS_NUMBER: nhsNumber })
  const standing = (nhsNumber: string) => hasObjection(db(), parseNhsNumber(nhsNumber))
  const directives = (nhsNumber: string) =>
    db().query(
      'select recorded_by, withdrawn_by from consent_directive where nhs_number = $1 order by recorded_at',
      [nhsNumber]
    )

  test('stands from its record until it is withdrawn, and both say who did it', async () => {
    const nhsNumber = '9990000018'
    expect(await objection('record', nhsNumber, 'ticket-1')).toEqual({
      code: 0,
      stdout: 'The objection is recorded\n',
      stderr: ''
    })
    expect(await standing(nhsNumber)).toBe(true)
    expect(await objection('withdraw', nhsNumber, 'ticket-2')).toEqual({
      code: 0,
      stdout: 'The objection is withdrawn\n',
      stderr: ''
    })
    expect(await standing(nhsNumber)).toBe(false)
    expect(await directives(nhsNumber)).toEqual([{ recorded_by: 'ticket-1', withdrawn_by: 'ticket-2' }])
  })

  test('takes the number in groups, as it is printed on letters', async () => {
    expect((await objection('record', '999 000 0026', 'x')).code).toBe(0)
    expect(await standing('9990000026')).toBe(true)
  })

  test('recorded twice is recorded once', async () => {
    await objection('record', '9990000034', 'first')
    expect((await objection('record', '9990000034', 'second')).code).toBe(0)
    expect(await directives('9990000034')).toEqual([{ recorded_by: 'first', withdrawn_by: null }])
  })

  test('that does not stand cannot be withdrawn, and the number is not repeated', async () => {
    expect(await objection('withdraw', '9990000042', 'x')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No objection stands for that NHS number\n'
    })
  })

  test('makes answers that were given before known as old', async () => {
    const nhsNumber = parseNhsNumber('9990000050')
    const trace = {
      asked: nhsNumber,
      current: nhsNumber,
      status: 'restricted',
      tracedAt: Date.now()
    } as const
    const id = await db().transaction((sql) => saveTrace(sql, trace, systemIds))
    const revision = async () =>
      (await db().query('select revision from patient where id = $1', [id]))[0].revision
    const before = await revision()
    await objection('record', nhsNumber, 'x')
    const recorded = await revision()
    await objection('withdraw', nhsNumber, 'x')
    expect(recorded).toBeGreaterThan(before)
    expect(await revision()).toBeGreaterThan(recorded)
  })
})
