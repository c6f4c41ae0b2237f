import type { ContributionEntry, IdentityStatement } from '@chesil/contracts'
import type { Observation } from '@chesil/fhir'
import { findSurvivor, personIdOf, systemIds } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, local, merge, subject } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

/**
 * Whatever arrives first, the record ends as it does in the source's order: also where messages of two patients
 * speak of one item.
 */
const { database: db } = useDatabase()

interface Said {
  readonly of: 'a' | 'b'
  readonly minute: number
  readonly entries?: readonly ContributionEntry[]
  readonly identity?: readonly IdentityStatement[]
  readonly wholeParts?: readonly string[]
}
interface Story {
  readonly trust: ReturnType<typeof createTrust>
  readonly a: string
  readonly b: string
  readonly visit: string
}

const movedVisit = ({ a, b, visit }: Story): IdentityStatement[] => [
  { kind: 'move-visit', from: local(a), into: local(b), visit: `visit/${visit}` }
]
const admission = ({ trust, visit }: Story, of: string) =>
  trust.visit(of, visit, { kind: 'admission', set: { status: 'in-progress' } })
const discharge = ({ trust, visit }: Story, of: string) =>
  trust.visit(of, visit, { kind: 'discharge', set: { status: 'finished' } })
const lab = ({ trust, visit }: Story, of: string, name: string): ContributionEntry =>
  trust.result(of, `${visit}-${name}`, {
    encounter: { reference: `Encounter/${trust.visitId(visit)}` }
  } as Partial<Observation>)

const stories: Readonly<Record<string, (story: Story) => readonly Said[]>> = {
  'a stay that goes on under the number that is left after a merge': (story) => [
    { of: 'a', minute: 1, entries: [admission(story, story.a)] },
    { of: 'b', minute: 2, identity: [merge(story.a, story.b)] },
    { of: 'b', minute: 3, entries: [discharge(story, story.b)] }
  ],
  'a stay that goes on under the patient it was moved to': (story) => [
    { of: 'a', minute: 1, entries: [admission(story, story.a), lab(story, story.a, 'early')] },
    { of: 'b', minute: 5, identity: movedVisit(story) },
    { of: 'b', minute: 9, entries: [discharge(story, story.b)] }
  ],
  'a result reported for the wrong patient, withdrawn, and reported for the right one': (story) => [
    { of: 'a', minute: 1, entries: [story.trust.result(story.a, story.visit)] },
    {
      of: 'a',
      minute: 2,
      entries: [
        {
          resourceType: 'Observation',
          sourceResourceId: `result/${story.visit}`,
          sections: ['investigations']
        }
      ]
    },
    { of: 'b', minute: 3, entries: [story.trust.result(story.b, story.visit)] }
  ],
  'a report that is corrected before its stay is moved': (story) => {
    const part = `report/${story.visit}`
    const one = { ...lab(story, story.a, 'one'), part }
    const two = { ...lab(story, story.a, 'two'), part }
    return [
      { of: 'a', minute: 1, entries: [admission(story, story.a), one, two], wholeParts: [part] },
      { of: 'a', minute: 3, entries: [two], wholeParts: [part] },
      { of: 'b', minute: 5, identity: movedVisit(story) }
    ]
  },
  'what is said of the old patient after the move': (story) => [
    { of: 'a', minute: 1, entries: [admission(story, story.a)] },
    { of: 'b', minute: 5, identity: movedVisit(story) },
    { of: 'a', minute: 9, entries: [lab(story, story.a, 'late')] }
  ]
}

function* orders<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) yield items
  for (const [at, item] of items.entries())
    for (const rest of orders(items.filter((_one, other) => other !== at))) yield [item, ...rest]
}

async function outcomeOf(
  make: (story: Story) => readonly Said[],
  order: (said: readonly Said[]) => readonly Said[]
) {
  const trust = createTrust(db, `trust-${systemIds.newId().slice(0, 8)}`)
  const story: Story = {
    trust,
    a: systemIds.newId(),
    b: systemIds.newId(),
    visit: systemIds.newId()
  }
  for (const { of, minute, entries = [], identity = [], wholeParts } of order(make(story))) {
    const who = of === 'a' ? story.a : story.b
    await trust.say(subject(who), entries, {
      identity,
      at: minute * 60_000,
      ...(wholeParts && { wholeParts })
    })
  }
  await applyWhatWaits(trust.sourceId)
  const shown = async (number: string) => {
    const survivor = await findSurvivor(db(), personIdOf(local(number)))
    const rows = await db().query<{ text: string }>(
      `select coalesce(body::json -> 'code' ->> 'text', body::json ->> 'status') as text from view_entry
        where patient_id = $1 and to_version is null and resource_type not in ('Patient', 'Provenance') order by 1`,
      [survivor]
    )
    return rows.map(({ text }) => text.replaceAll(story.visit, 'visit'))
  }
  const open = await db().query(
    'select reason from quarantine where source_id = $1 and closed_at is null order by 1',
    [trust.sourceId]
  )
  return { a: await shown(story.a), b: await shown(story.b), open }
}

/** As the relay and the consumer do. */
async function applyWhatWaits(sourceId: string): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const rows = await db().query<{ id: string }>(
      `select id from contribution where state = 'ready' and source_id = $1`,
      [sourceId]
    )
    if (rows.length === 0) return
    for (const { id } of rows) await apply(db(), id)
  }
}

test.each(Object.entries(stories))('%s', async (_name, make) => {
  const inOrder = await outcomeOf(make, (said) => said)
  for (const order of orders([0, 1, 2])) {
    const outcome = await outcomeOf(make, (said) => order.map((at) => said[at] as Said))
    expect({ order, outcome }).toEqual({ order, outcome: inOrder })
  }
})
