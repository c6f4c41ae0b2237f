import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useDatabase } from '../../../../tests/support/store.ts'
import { openPartner, personOf } from './partner.ts'

const { database: db } = useDatabase()

/** What a source says of one of its items, a minute after what it said before. */
interface Said {
  readonly item: number
  readonly person: number
  readonly kind: 'said' | 'error' | 'deleted'
}
const said: fc.Arbitrary<Said> = fc.record({
  item: fc.integer({ min: 1, max: 6 }),
  person: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom('said', 'said', 'said', 'error', 'deleted')
})

const at = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 9, minute)).toISOString()

function toPush({ item, person, kind }: Said, minute: number): unknown {
  if (kind === 'deleted') {
    const request = { method: 'DELETE', url: `Observation/o${item}` }
    return { resourceType: 'Bundle', type: 'transaction', timestamp: at(minute), entry: [{ request }] }
  }
  return {
    resourceType: 'Observation',
    id: `o${item}`,
    meta: { lastUpdated: at(minute) },
    status: kind === 'error' ? 'entered-in-error' : 'final',
    code: { text: `minute ${minute}` },
    subject: { reference: `Patient/p${person}` }
  }
}

/** What the last version of each item says, by person. */
const expected = (events: readonly Said[]): string[] =>
  [...new Map(events.map((event, minute) => [event.item, { ...event, minute }])).values()]
    .filter(({ kind }) => kind === 'said')
    .map(({ person, minute }) => `p${person} minute ${minute}`)
    .sort()

async function shown(): Promise<string[]> {
  const rows = await db().query<{ id: string; text: string }>(
    `select patient_id as id, body::json -> 'code' ->> 'text' as text from view_entry
      where to_version is null and resource_type = 'Observation'`
  )
  const names = new Map(['p1', 'p2', 'p3'].map((name) => [personOf(name), name]))
  return rows.map(({ id, text }) => `${names.get(id)} ${text}`).sort()
}

const left = async () =>
  (
    await db().query<{ rows: number }>(
      `select (select count(*) from inbox_message where state = 'received')
            + (select count(*) from contribution where state <> 'applied') as rows`
    )
  )[0]

/** `FULL=1 npm test -- shuffled-pushes`: all of them, some minutes. */
const seeds = process.env['FULL'] === '1' ? 200 : 12

test('deliveries that are shuffled and repeated end the same, in eight hands at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { minLength: 20, maxLength: 50 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { minLength: 50, maxLength: 50 }),
      async (events, dice) => {
        await db().query(
          `truncate webhook_event, inbox_message, contribution, outbox_event, patient, view_entry, quarantine,
                    source_resource, source_resource_owner, source_status, waiting_item, pushed_item cascade`
        )
        const partner = openPartner(db)
        const deliveries = events
          .map(toPush)
          .flatMap((push, at) => Array.from({ length: dice[at]?.[1] ?? 1 }, () => push))
          .map((push, at) => ({ push, key: (dice[at % 50]?.[0] ?? 0) * (at + 7) }))
          .sort((a, b) => (a.key % 9_973) - (b.key % 9_973))
        for (const { push } of deliveries) await partner.post(push)
        await partner.takeIn()
        await partner.settle(8)
        expect(await left()).toEqual({ rows: 0 })
        expect(await shown()).toEqual(expected(events))
      }
    ),
    { numRuns: seeds }
  )
}, 1_800_000)
