import { findNhsNumber, type NhsNumber } from '@chesil/fhir'
import { recordObjection, requestPulls, saveTrace, systemIds } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import {
  apply,
  arrive,
  complete,
  createSource,
  minute,
  shownTexts,
  snapshot
} from '../support/contributions.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { id: source, item, versionOf } = createSource(db)

describe('of somebody whose record was closed since it was mapped', () => {
  const numbers = Array.from({ length: 40 }, (_, n) => findNhsNumber(`99900001${String(n).padStart(2, '0')}`))
    .filter((number) => number !== undefined)
    .values()
  const trace = (asked: NhsNumber, status: 'unrestricted' | 'restricted', tracedAt = Date.now()) =>
    db().transaction((sql) => saveTrace(sql, { asked, current: asked, status, tracedAt }, systemIds))
  const answer = (patientId: string, name: string) => ({
    patientId,
    at: minute(1),
    contribution: snapshot({ sections: complete('uncategorised'), entries: [item(name)] })
  })

  test.each([
    [
      'they objected',
      (nhsNumber: NhsNumber) =>
        db().transaction((sql) =>
          recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' })
        )
    ],
    ['PDS restricted them', (nhsNumber: NhsNumber) => trace(nhsNumber, 'restricted')]
  ])('nothing lands, and nothing of the answer is kept: %s', async (name, close) => {
    const nhsNumber = numbers.next().value as NhsNumber
    const person = await trace(nhsNumber, 'unrestricted')
    const id = await arrive(db(), answer(person, name))
    const pullId = systemIds.newId()
    const reader = { userId: 'u', organisation: 'R9Z' }
    await db().transaction((sql) =>
      requestPulls(sql, [{ id: pullId, patientId: person, sourceId: source, authority: 'system', reader }])
    )
    await db().query(`update pull set state = 'answered', open_messages = 1 where id = $1`, [pullId])
    await db().query('update contribution set pull_id = $2 where id = $1', [id, pullId])
    const before = await versionOf(person)
    await close(nhsNumber)
    expect(await apply(db(), id)).toEqual(['refused'])
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await versionOf(person)).toBe(before)
    const [kept] = await db().query(
      `select c.state, c.reason, c.body as contribution, m.body as message, p.outcome, p.detail from contribution c
         join inbox_message m on m.id = c.inbox_message_id join pull p on p.id = c.pull_id where c.id = $1`,
      [id]
    )
    expect(kept).toEqual({
      state: 'refused',
      reason: 'person-gate',
      contribution: null,
      message: null,
      outcome: 'refused-answer',
      detail: 'person-gate'
    })
    expect(await apply(db(), id)).toEqual([])
  })

  test('but an old trace closes nothing: what lands is shown when PDS has been asked again', async () => {
    const nhsNumber = numbers.next().value as NhsNumber
    const person = await trace(nhsNumber, 'unrestricted', Date.now() - 25 * 3_600_000)
    expect(await apply(db(), await arrive(db(), answer(person, 'old trace')))).toEqual(['applied'])
    expect(await shownTexts(db(), person)).toEqual(['old trace'])
  })
})
