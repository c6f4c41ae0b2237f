import type { ContributionEntry } from '@chesil/contracts'
import type { Observation } from '@chesil/fhir'
import { personIdOf, systemIds } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { apply, shownTexts } from '../support/contributions.ts'
import { createTrust, local, merge, subject } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const trust = createTrust(db)
const freshIds = () => [systemIds.newId(), systemIds.newId(), systemIds.newId()] as const
/** Two numbers of the trust and a stay, of each test its own. */
let [a, b, visit] = freshIds()
beforeEach(() => {
  ;[a, b, visit] = freshIds()
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

const movedBack = () => [
  { kind: 'move-visit' as const, from: local(b), into: local(a), visit: `visit/${visit}` }
]
const withoutResource = ({ resource: _, ...entry }: ContributionEntry): ContributionEntry => entry

test('what an issue of a report withdrew stays so when it arrives late, however often the stay was moved', async () => {
  const part = `report/${visit}`
  const [one, two] = ['one', 'two'].map((name) => ({ ...resultOf(a, name), part })) as [
    ContributionEntry,
    ContributionEntry
  ]
  const whole = { wholeParts: [part] }
  await trust.say(a, [admission(a), one, two], { ...minute(1), ...whole })
  await trust.say(b, [], { identity: moved(), ...minute(5) })
  await trust.say(a, [], { identity: movedBack(), ...minute(6) })
  await trust.say(a, [two], { ...minute(7), ...whole })
  await trust.say(b, [], { identity: moved(), ...minute(8) })
  await trust.say(a, [one, two], { ...minute(3), ...whole })
  expect(await textsOf(b)).toEqual([`${visit}-two`])
})

test('a stay that both patients have had goes to the right one, with what refers to it', async () => {
  const deletion = trust.visit(a, visit, { kind: 'cancelled', deletes: true })
  await trust.say(a, [admission(a), resultOf(a, 'in')], minute(1))
  await trust.say(a, [deletion, withoutResource(resultOf(a, 'in'))], minute(2))
  await trust.say(b, [admission(b), resultOf(b, 'in')], minute(3))
  expect(await trust.say(b, [], { identity: moved(), ...minute(5) })).toEqual(['applied'])
  expect([await visitsOf(a), await visitsOf(b)]).toEqual([0, 1])
  expect(await trust.say(a, [], { identity: movedBack(), ...minute(6) })).toEqual(['applied'])
  expect([await visitsOf(a), await visitsOf(b)]).toEqual([1, 0])
  expect(await textsOf(a)).toEqual([`${visit}-in`])
})

test('a report that was issued under two numbers of one patient goes with its stay, as far as the later issue', async () => {
  const part = `report/${visit}`
  const whole = { wholeParts: [part] }
  const other = systemIds.newId()
  const named = (of: string, name: string) => ({ ...resultOf(of, name), part })
  await trust.say(a, [admission(a), named(a, 'one')], { ...minute(1), ...whole })
  await trust.say(other, [named(other, 'two')], { ...minute(3), ...whole })
  await trust.say(a, [], { identity: [merge(other, a)], ...minute(4) })
  expect(await trust.say(b, [], { identity: moved(), ...minute(5) })).toEqual(['applied'])
  await trust.say(a, [named(a, 'early')], { ...minute(2), ...whole })
  expect(await textsOf(b)).toEqual([`${visit}-one`, `${visit}-two`])
})

describe('a message of a stay that was moved, of which an item is still a third one’s', () => {
  let c = ''
  const kept = { reason: 'invalid', resourceType: 'Observation', sections: ['investigations'] } as const

  beforeEach(() => {
    c = systemIds.newId()
  })

  async function applyReady(): Promise<void> {
    const ready = await db().query<{ id: string }>(`select id from contribution where state = 'ready'`)
    for (const { id } of ready) await apply(db(), id)
  }
  async function noticesOf(number: string) {
    const rows = await db().query<{ reason: string }>(
      'select reason from quarantine where patient_id = $1 and closed_at is null order by reason',
      [personIdOf(local(number))]
    )
    return rows.map(({ reason }) => reason)
  }
  const send = (of: string, entries: readonly ContributionEntry[], at: number) =>
    trust.send(
      {
        subject: subject(of),
        contribution: { mode: 'delta', sections: [], entries, quarantined: [kept] }
      },
      at * 60_000
    )

  test('opens a notice, which is taken back once they let go, and no other', async () => {
    await trust.say(c, [resultOf(c, 'x'), resultOf(c, 'y')], minute(1))
    await trust.say(b, [], { identity: moved(), ...minute(5) })
    await apply(db(), await send(a, [admission(a), resultOf(a, 'x'), resultOf(a, 'y')], 3))
    expect(await noticesOf(b)).toEqual(['owned-by-another-person', 'owned-by-another-person'])
    expect(await noticesOf(a)).toEqual(['invalid'])

    await trust.say(c, [withoutResource(resultOf(c, 'x'))], minute(9))
    await applyReady()
    expect(await textsOf(b)).toEqual([`${visit}-x`])
    expect(await noticesOf(b)).toEqual(['owned-by-another-person'])
    expect(await noticesOf(a)).toEqual(['invalid'])

    await trust.say(c, [withoutResource(resultOf(c, 'y'))], minute(10))
    await applyReady()
    expect(await textsOf(b)).toEqual([`${visit}-x`, `${visit}-y`])
    expect([await noticesOf(a), await noticesOf(b)]).toEqual([['invalid'], []])
  })

  test('keeps what is still kept out of another part of the same message', async () => {
    const d = systemIds.newId()
    await trust.say(c, [resultOf(c, 'x'), resultOf(c, 'y')], minute(1))
    const ofA = await send(a, [resultOf(a, 'x')], 3)
    const ofD = await send(d, [resultOf(d, 'y')], 3)
    await db().query(
      `update contribution set part = 1, inbox_message_id = (select inbox_message_id from contribution where id = $1)
        where id = $2`,
      [ofA, ofD]
    )
    for (const id of [ofA, ofD]) await apply(db(), id)
    await trust.say(c, [withoutResource(resultOf(c, 'x'))], minute(9))
    await applyReady()
    expect(await noticesOf(a)).toEqual(['invalid'])
    expect(await noticesOf(d)).toEqual(['invalid', 'owned-by-another-person'])
  })
})
