import { saveTrace, systemIds } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, subject } from '../support/messages.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

/** Whoever may make persons one, or part them, locks all of them, and in one order: nobody waits for whom waits for them. */
const { database: db } = useDatabase()
const persons = createPersons(db)
const trust = createTrust(db)

async function deadlocks(): Promise<number> {
  // Each connection tells of its own now and then, and when it is asked to.
  await db().query('select pg_stat_force_next_flush()')
  const [row] = await db().query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()'
  )
  return row?.deadlocks ?? 0
}

/** Two numbers of a trust that name one NHS number, of whom one is somebody else's. */
async function share() {
  const nhsNumber = persons.next()
  const [well, other] = [systemIds.newId(), systemIds.newId()]
  await persons.trace({ asked: nhsNumber })
  await trust.say(subject(well, { nhsNumber }))
  await trust.say(subject(other, { given: ['Zoe'] }))
  await trust.say(subject(other, { nhsNumber }))
  return { nhsNumber, numbers: [well, other] }
}

async function sayAndTraceAtOnce() {
  const { nhsNumber, numbers } = await share()
  const contributions: string[] = []
  for (let n = 0; n < 40; n++) {
    const who = subject(numbers[n % 2] as string, { nhsNumber })
    contributions.push(await trust.send({ subject: who }, Date.UTC(2026, 1, 1, 0, n)))
  }
  const traces = Array.from({ length: 20 }, (_, n) => ({
    asked: nhsNumber,
    current: nhsNumber,
    status: 'unrestricted' as const,
    patient: pdsPatient(nhsNumber),
    tracedAt: Date.UTC(2027, 0, 1, 0, n)
  }))
  const outcomes = await Promise.all([
    ...contributions.map((id) => apply(db(), id)),
    ...traces.map((trace) => db().transaction((sql) => saveTrace(sql, trace, systemIds)))
  ])
  expect(outcomes.flat().filter((outcome) => outcome === 'applied')).toHaveLength(contributions.length)
}

// In which order their ids come is chance.
test('messages of people whose numbers are tied, and traces of them, do not lock each other out', async () => {
  const before = await deadlocks()
  for (let n = 0; n < 6; n++) await sayAndTraceAtOnce()
  expect((await deadlocks()) - before).toBe(0)
})
