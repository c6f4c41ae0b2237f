import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from '@chesil/record-store'
import { describe, expect, test, vi } from 'vitest'
import { useAudit, writeAudit } from '../support/audit.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { folder, newLog, secondPlace, verify } = useAudit(db)

describe('a checkpoint', () => {
  test.each(['the second place', 'the database'])(
    'that %s did not take is tried again, though no entry comes',
    async (place) => {
      let isAway = true
      const gate = (here: string) => {
        if (isAway && here === place) throw new Error('away')
      }
      const sql: Sql = {
        query: async (text, values) => {
          if (text.includes('insert into audit_checkpoint')) gate('the database')
          return db().query(text, values)
        }
      }
      const append: typeof secondPlace.append = async (checkpoint) => {
        gate('the second place')
        await secondPlace.append(checkpoint)
      }
      const log = newLog({ sql, secondPlace: { append }, checkpointEveryMs: 20 })
      await writeAudit(log, 5)
      await new Promise((resolve) => setTimeout(resolve, 60))
      isAway = false
      const inDatabase = () => db().query('select 1 from audit_checkpoint where sequence = 5')
      await vi.waitFor(async () => expect(await inDatabase()).not.toEqual([]))
      await vi.waitFor(async () =>
        expect((await secondPlace.readAll()).map(({ sequence }) => sequence)).toContain(5)
      )
      await log.close()
      expect(await verify()).toMatchObject({ notYetAttested: 0, problems: [], doubts: [], rows: 5 })
    }
  )

  test('reaches the second place though the database is away', async () => {
    const sql: Sql = {
      query: async (text, values) => {
        if (text.includes('insert into audit_checkpoint')) throw new Error('away')
        return db().query(text, values)
      }
    }
    const log = newLog({ sql, checkpointEveryRows: 2 })
    await writeAudit(log, 4)
    await log.close()
    expect((await secondPlace.readAll()).map(({ sequence }) => sequence)).toEqual([1, 3, 4])
  })

  test('is readable in the second place though the one before it was cut short by a full disk', async () => {
    const checkpoint = {
      chainId: 'a',
      sequence: 1,
      hash: '',
      signedAt: '',
      closing: false,
      keyId: '',
      signature: ''
    }
    const file = join(folder, 'a.jsonl')
    mkdirSync(file)
    await expect(secondPlace.append(checkpoint)).rejects.toThrow('EISDIR')
    rmdirSync(file)
    writeFileSync(file, '{"chainId":"a","sequ')
    await secondPlace.append(checkpoint)
    expect(await secondPlace.readAll()).toEqual([checkpoint])
  })

  test('closes a chain at which nothing happens any more; the next entry begins another', async () => {
    const log = newLog({ checkpointEveryMs: 10, endChainAfterMs: 30 })
    await writeAudit(log, 2)
    const closing = () => db().query('select 1 from audit_checkpoint where closing and sequence = 2')
    await vi.waitFor(async () => expect(await closing()).not.toEqual([]))
    await writeAudit(log, 1)
    await log.close()
    expect(await verify()).toMatchObject({ notYetAttested: 0, problems: [], doubts: [], chains: 2, rows: 3 })
  })
})
