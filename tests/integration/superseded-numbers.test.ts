import type { Patient } from '@chesil/fhir'
import { findDemographics, readView, saveTrace, systemIds } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { meet, merge, next, stateOf, trace, unmerge } = createPersons(db)

describe('numbers', () => {
  test('are after a merge undone just what they were', async () => {
    const [n0, n1] = [next(), next()]
    const a = await trace({ asked: n0, current: n1 })
    const c = await meet()
    const before = await stateOf(c)
    const link = await merge(a, c)
    expect(await stateOf(c)).toMatchObject({ nhsNumber: before?.nhsNumber, oldNhsNumbers: [n0, n1].sort() })
    await unmerge(link)
    expect(await stateOf(a)).toMatchObject({ nhsNumber: n1, oldNhsNumbers: [n0] })
    expect(await stateOf(c)).toMatchObject({ nhsNumber: before?.nhsNumber, oldNhsNumbers: [] })
  })

  test('of the one who is parted are not shown with the survivor any more', async () => {
    const [old, current] = [next(), next()]
    const a = await trace({ asked: old })
    const c = await trace({ asked: current })
    await trace({ asked: old, current })
    const patientOf = async (id: string) => {
      const view = await readView(db(), id, (await stateOf(id))?.version ?? 0, 'system')
      return view.find(({ resourceId }) => resourceId === id)?.body
    }
    expect(await patientOf(c)).toContain(old)
    const [link] = await db().query<{ id: string }>(
      'select id from identity_link where from_patient_id = $1',
      [a]
    )
    await unmerge(link?.id as string)
    expect(await patientOf(c)).not.toContain(old)
  })
})

describe('a supersession that PDS takes back', () => {
  async function superseded() {
    const [old, current] = [next(), next()]
    const a = await trace({ asked: old })
    const c = await trace({ asked: current })
    await trace({ asked: old, current })
    return { old, current, a, c }
  }
  const other: Partial<Patient> = { birthDate: '1999-01-01', name: [{ use: 'usual', family: 'Zyxcanary' }] }
  const reviewsOf = (id: string) =>
    db().query('select reason from identity_review where patient_id = $1', [id])

  test('changes nothing that is shown, and opens a review, once', async () => {
    const { old, current, c } = await superseded()
    const before = [await stateOf(c), await findDemographics(db(), c)]
    for (let again = 0; again < 2; again++)
      expect(await trace({ asked: old, patient: pdsPatient(old, other) })).toBe(c)
    expect([await stateOf(c), await findDemographics(db(), c)]).toEqual(before)
    expect(await stateOf(c)).toMatchObject({ nhsNumber: current, oldNhsNumbers: [old] })
    expect(await reviewsOf(c)).toEqual([{ reason: 'pds-supersession-reversed' }])
  })

  test('nor does one the other way round', async () => {
    const { old, current, c } = await superseded()
    const before = await stateOf(c)
    expect(await trace({ asked: current, current: old, patient: pdsPatient(old, other) })).toBe(c)
    expect(await stateOf(c)).toEqual(before)
    expect(await reviewsOf(c)).toHaveLength(1)
  })

  test('joins nobody else to the person, and keeps somebody new closed', async () => {
    const { old, c } = await superseded()
    const [known, unknown] = [next(), next()]
    const d = await trace({ asked: known })
    expect(await trace({ asked: known, current: old })).toBe(d)
    const e = await trace({ asked: unknown, current: old })
    expect([c, d]).not.toContain(e)
    expect(await stateOf(e)).toMatchObject({ patientId: e, nhsNumber: undefined, trace: undefined })
    expect(await trace({ asked: unknown, current: old })).toBe(e)
  })

  test('closes the record when PDS has restricted the number', async () => {
    const { old, current, c } = await superseded()
    await trace({ asked: old, status: 'restricted' })
    expect(await stateOf(c)).toMatchObject({ nhsNumber: current, trace: { status: 'restricted' } })
  })
})

test('a superseded number that two trace at once joins its persons once', async () => {
  const [old, current] = [next(), next()]
  const [a, c] = [await trace({ asked: old }), await trace({ asked: current })]
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
  const { promise: hasMerged, resolve: merged } = Promise.withResolvers<void>()
  const asked = { asked: old, current, status: 'unrestricted', patient: pdsPatient(current) } as const
  const first = db().transaction(async (sql) => {
    const id = await saveTrace(sql, { ...asked, tracedAt: Date.now() }, systemIds)
    merged()
    await mayCommit
    return id
  })
  await hasMerged
  const second = trace({ asked: old, current, tracedAt: Date.now() })
  await new Promise((resolve) => setTimeout(resolve, 200))
  commit()
  expect(await Promise.all([first, second])).toEqual([c, c])
  expect(await db().query('select 1 from identity_link where from_patient_id = $1', [a])).toHaveLength(1)
})
