import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createPersons } from '../../../tests/support/people.ts'
import { createRandom, seed } from '../../../tests/support/random.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { sealing } from './support.ts'
import { createTelling } from './told-subscribers.ts'

/** `FULL=1 npm test -- slow-writers`: the whole tier, some twenty minutes. `CHANGES=…`: so many. */
const isFull = process.env['FULL'] === '1'
const changes = Number(process.env['CHANGES'] ?? (isFull ? 100_000 : 800))
const writers = 16
const people = Math.max(32, Math.ceil(changes / 100))
const subscriptions = 8
const processes = 3

const { database: db } = useDatabase()
const persons = createPersons(db)
const telling = createTelling(db, sealing)
afterEach(() => telling.stop())

test(`${changes} changes by ${writers} slow writers: none skipped, none sent twice, each person's in order (seed ${seed})`, {
  timeout: isFull ? 3_600_000 : 120_000
}, async () => {
  const known: { readonly nhsNumber: string; readonly patientId: string }[] = []
  for (let n = 0; n < people; n++) {
    const nhsNumber = persons.next()
    known.push({
      nhsNumber,
      patientId: await persons.trace({ asked: nhsNumber, tracedAt: telling.clock.now() })
    })
  }
  const followed = await Promise.all(
    Array.from({ length: subscriptions }, (_, n) =>
      telling.follow(known.filter((_, at) => at % subscriptions === n).map(({ nhsNumber }) => nhsNumber))
    )
  )
  await db().query('delete from change_to_tell')
  const startedAt = Date.now()
  for (let n = 0; n < processes; n++) telling.start({ timeoutMs: 20_000, perSubscription: 8 })
  const ticking = setInterval(() => telling.clock.pass(100), 100)
  await write(known.map(({ patientId }) => patientId))
  const writtenAfterMs = Date.now() - startedAt
  const count = () => followed.reduce((sum, { subscriber }) => sum + subscriber.events().length, 0)
  await expect
    .poll(count, { timeout: isFull ? 3_000_000 : 60_000, interval: 200 })
    .toBeGreaterThanOrEqual(changes)
  await sleep(1_000)
  clearInterval(ticking)

  const attempts = followed.flatMap(({ subscriber }) =>
    subscriber.attempts.filter((one) => one.number !== undefined)
  )
  process.stdout.write(
    `seed ${seed}: ${changes} changes written in ${seconds(writtenAfterMs)} s, all told after ${seconds(Date.now() - startedAt - 1_000)} s by ${processes} processes\n`
  )
  const ids = attempts.map(({ patient, version }) => `${patient}/${version}`)
  const written = await db().query<{ id: string }>(
    `select patient_id || '/' || version as id from change_event where source_id = 'slow'`
  )
  expect(written).toHaveLength(changes)
  expect(ids.toSorted()).toEqual(written.map(({ id }) => id).toSorted())
  for (const [, versions] of Map.groupBy(attempts, ({ patient }) => patient))
    expect(versions.map(({ version }) => version)).toEqual(
      versions.map(({ version }) => version as number).toSorted((one, other) => one - other)
    )
  for (const { subscriber } of followed) {
    const numbers = subscriber.events().map(({ number }) => number as number)
    expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers.map((_, at) => at + 1))
  }
})

const seconds = (ms: number): string => (ms / 1_000).toFixed(1)

/** Versions of records as record-builder writes them, under the person's lock, by writers who take their time to commit. */
async function write(patientIds: readonly string[]): Promise<void> {
  let left = changes
  const write = async (random: () => number) => {
    while (left > 0) {
      left -= 1
      const patientId = patientIds[Math.floor(random() * patientIds.length)] as string
      const waits = [random() * 10, random() < 0.02 ? 300 : random() * 10] as const
      await db().transaction(async (sql) => {
        await sql.query('select id from patient where id = $1 for update', [patientId])
        await sql.query(newVersion, [patientId, randomUUID(), randomUUID()])
        await sleep(waits[0])
        await sql.query('select 1')
        await sleep(waits[1])
      })
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, n) => write(createRandom(seed + n))))
}

const newVersion = `
  with version as (
    select coalesce(max(version), 0) + 1 as next from change_event where patient_id = $1),
  gone as (
    update view_entry set to_version = next from version
     where patient_id = $1 and to_version is null and source_id = 'slow'),
  come as (
    insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, source_id, last_updated,
                            content_hash, search_index, body)
    select $1, 'Observation', $2, 'system', next, 'slow', now(), next::text, '{}', '{}' from version)
  insert into change_event (id, patient_id, version, cause, source_id, counts)
  select $3, $1, next, 'update', 'slow', '{}' from version`
