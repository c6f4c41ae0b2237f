import type { Encounter } from '@chesil/fhir'
import { personIdOf, systemIds } from '@chesil/record-store'
import { beforeEach, expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, local, merge, subject } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

/** A stay that a trust told of under two numbers of one patient: the same as if it had told it under one. */
const { database: db } = useDatabase()
const trust = createTrust(db)
const freshIds = () => [systemIds.newId(), systemIds.newId(), systemIds.newId()] as const
/** Two numbers of the trust and a stay, of each test its own. */
let [a, b, visit] = freshIds()
beforeEach(() => {
  ;[a, b, visit] = freshIds()
})

const minute = (n: number) => ({ at: n * 60_000 })
const admission = (of: string) =>
  trust.visit(of, visit, { kind: 'admission', set: { status: 'in-progress' } })
const update = (of: string) =>
  trust.visit(of, visit, { kind: 'update', set: { 'hospitalization.preAdmissionIdentifier.value': 'x' } })
const discharge = (of: string) => trust.visit(of, visit, { kind: 'discharge', set: { status: 'finished' } })
const undone = (of: string) => trust.visit(of, visit, { kind: 'update', cancels: 'discharge', set: {} })
const gone = (of: string) => trust.visit(of, visit, { kind: 'cancelled', deletes: true })

async function stayOf(number: string): Promise<Encounter | undefined> {
  const [row] = await db().query<{ body: string }>(
    `select body from view_entry where patient_id = $1 and resource_id = $2 and to_version is null`,
    [personIdOf(local(number)), trust.visitId(visit)]
  )
  return row && (JSON.parse(row.body) as Encounter)
}
const eventsOf = async (number: string) =>
  (await db().query('select from item_event where patient_id = $1', [personIdOf(local(number))])).length

test('what was told of it under the number that is given up counts for what is told next', async () => {
  await trust.say(a, [admission(a)], minute(3))
  await trust.say(a, [gone(a)], minute(5))
  await trust.say(b, [update(b)], minute(2))
  await trust.say(b, [], { identity: [merge(a, b)], ...minute(6) })
  await trust.say(b, [discharge(b)], minute(4))
  expect(await eventsOf(a)).toBe(0)
  expect(await stayOf(b)).toBeUndefined()
})

test.each([
  ['into the other', () => merge(a, b), () => b],
  ['into this one', () => merge(b, a), () => a]
])('a message of it that both know does not hinder a merge %s', async (_, statement, survivor) => {
  const contribution = { mode: 'delta', sections: [], entries: [admission(a)], quarantined: [] } as const
  const told = await trust.send({ subject: subject(a), contribution }, 60_000)
  await apply(db(), told)
  await trust.say(a, [gone(a)], minute(2))
  await trust.say(b, [admission(b)], minute(3))
  await db().query(
    `insert into item_event select $2, resource_id, contribution_id, order_time, order_sequence, order_hash, body
       from item_event where patient_id = $1 and contribution_id = $3`,
    [personIdOf(local(a)), personIdOf(local(b)), told]
  )
  const outcome = await trust.say(survivor(), [], { identity: [statement()], ...minute(6) })
  expect(outcome).toEqual(['applied'])
  await trust.say(survivor(), [discharge(survivor())], minute(7))
  await trust.say(survivor(), [undone(survivor())], minute(8))
  expect((await stayOf(survivor()))?.status).toBe('in-progress')
  expect((await eventsOf(a)) + (await eventsOf(b))).toBe(5)
})
