import type { ContributionEntry } from '@chesil/contracts'
import { personIdOf, systemIds } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, local, merge } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

/** What a trust takes back under one number of somebody is taken back, whichever number it was said under. */
const { database: db } = useDatabase()
const trust = createTrust(db)
const minute = (n: number) => ({ at: n * 60_000 })

/** What is shown of the two, once all that waits has been applied. */
async function shown(...numbers: readonly string[]): Promise<readonly string[]> {
  for (;;) {
    const ready = await db().query<{ id: string }>(`select id from contribution where state = 'ready'`)
    if (ready.length === 0) break
    for (const { id } of ready) await apply(db(), id)
  }
  const rows = await db().query<{ type: string }>(
    `select resource_type as type from view_entry
      where patient_id = any ($1::uuid[]) and to_version is null
        and resource_type in ('Encounter', 'Observation') order by 1`,
    [numbers.map((number) => personIdOf(local(number)))]
  )
  return rows.map(({ type }) => type)
}

const withoutResource = ({ resource: _, ...entry }: ContributionEntry): ContributionEntry => entry

async function sayAndTakeBack(a: string, b: string): Promise<void> {
  const visit = systemIds.newId()
  const admission = trust.visit(a, visit, { kind: 'admission', set: { status: 'in-progress' } })
  await trust.say(a, [admission, trust.result(a, visit)], minute(1))
  const cancelled = trust.visit(b, visit, { kind: 'cancelled', deletes: true })
  await trust.say(b, [cancelled, withoutResource(trust.result(b, visit))], minute(2))
}

test.each(['from the one to the other', 'from the other to the one'])('merged %s', async (direction) => {
  const [a, b] = [systemIds.newId(), systemIds.newId()]
  await sayAndTakeBack(a, b)
  expect(await shown(a, b)).toEqual(['Encounter', 'Observation'])
  const statement = direction === 'from the one to the other' ? merge(a, b) : merge(b, a)
  await trust.say(statement.into.value, [], { ...minute(3), identity: [statement] })
  expect(await shown(a, b)).toEqual([])
})

test('merged before it is taken back', async () => {
  const [a, b] = [systemIds.newId(), systemIds.newId()]
  await trust.say(b, [], { ...minute(0), identity: [merge(a, b)] })
  await sayAndTakeBack(a, b)
  expect(await shown(a, b)).toEqual([])
})
