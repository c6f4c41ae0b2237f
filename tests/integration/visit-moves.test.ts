import type { Observation } from '@chesil/fhir'
import { personIdOf, systemIds } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { shownTexts } from '../support/contributions.ts'
import { createTrust, local, merge } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const trust = createTrust(db)
let a = ''
let b = ''
let visit = ''

beforeEach(() => {
  a = systemIds.newId()
  b = systemIds.newId()
  visit = systemIds.newId()
})

const minute = (n: number) => ({ at: n * 60_000 })
const moved = () => [{ kind: 'move-visit' as const, from: local(a), into: local(b), visit: `visit/${visit}` }]
const admission = (of: string) =>
  trust.visit(of, visit, { kind: 'admission', set: { status: 'in-progress' } })
const resultOf = (of: string, name: string) =>
  trust.result(of, `${visit}-${name}`, {
    encounter: { reference: `Encounter/${trust.visitId(visit)}` }
  } as Partial<Observation>)

async function visitsOf(number: string): Promise<number> {
  const rows = await db().query(
    `select from view_entry where patient_id = $1 and resource_type = 'Encounter' and to_version is null`,
    [personIdOf(local(number))]
  )
  return rows.length
}
const textsOf = (number: string) => shownTexts(db(), personIdOf(local(number)))

describe('a stay that was recorded under the wrong patient', () => {
  test('goes to the right one, with what belongs to it and nothing else', async () => {
    await trust.say(a, [admission(a), resultOf(a, 'in'), trust.result(a, `${visit}-out`)], minute(1))
    await trust.say(b, [], { identity: moved(), ...minute(5) })
    expect(await visitsOf(a)).toBe(0)
    expect(await visitsOf(b)).toBe(1)
    expect(await textsOf(a)).toEqual([`${visit}-out`])
    expect(await textsOf(b)).toEqual([`${visit}-in`])
  })

  test('takes with it what was sent before and arrives late', async () => {
    await trust.say(b, [], { identity: moved(), ...minute(5) })
    await trust.say(a, [admission(a), resultOf(a, 'late'), trust.result(a, `${visit}-own`)], minute(1))
    expect(await visitsOf(b)).toBe(1)
    expect(await textsOf(b)).toEqual([`${visit}-late`])
    expect(await textsOf(a)).toEqual([`${visit}-own`])
  })

  test('is kept out where it is said of the wrong patient again', async () => {
    await trust.say(a, [admission(a)], minute(1))
    await trust.say(b, [], { identity: moved(), ...minute(5) })
    await trust.say(a, [admission(a)], minute(9))
    expect([await visitsOf(a), await visitsOf(b)]).toEqual([0, 1])
  })

  test('stays with whom it was moved to when the two patients are merged, and parted', async () => {
    await trust.say(a, [admission(a)], minute(1))
    await trust.say(b, [], { identity: moved(), ...minute(5) })
    await trust.say(a, [], { identity: [merge(b, a)], ...minute(6) })
    expect([await visitsOf(a), await visitsOf(b)]).toEqual([1, 0])
  })
})
