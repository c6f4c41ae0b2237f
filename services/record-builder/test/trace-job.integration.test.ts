import { findNhsNumber, type NhsNumber, OutcomeError, parseOdsCode } from '@chesil/fhir'
import { findSurvivor, personIdOf, systemIds } from '@chesil/record-store'
import type { TraceOutcome } from '@chesil/source-clients'
import { beforeEach, expect, test } from 'vitest'
import { shownTexts, silent } from '../../../tests/support/contributions.ts'
import { createTrust, local, subject } from '../../../tests/support/messages.ts'
import { createPersons, pdsPatient } from '../../../tests/support/people.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { traceJob } from '../src/trace-job.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const trust = createTrust(db)

let asked: NhsNumber[] = []
let number = 'none'
let nhsNumber = findNhsNumber('9000000009') as NhsNumber

/** A message that names a number PDS was never asked about. */
beforeEach(async () => {
  asked = []
  number = systemIds.newId()
  nhsNumber = persons.next()
  await trust.say(subject(number, { nhsNumber }), [trust.result(number, number)])
})

async function requestOf(asked: NhsNumber) {
  const [row] = await db().query<{ id: string; state: string; reason: string | null }>(
    'select id, state, reason from trace_request where nhs_number = $1',
    [asked]
  )
  return row as { id: string; state: string; reason: string | null }
}

async function trace(answer: TraceOutcome | OutcomeError) {
  const outcomes: string[] = []
  const deps = {
    database: db(),
    ids: systemIds,
    pds: {
      trace: async (one: NhsNumber) => {
        asked.push(one)
        if (answer instanceof OutcomeError) throw answer
        return answer
      }
    },
    now: Date.now,
    organisation: parseOdsCode('QVV'),
    paceMs: 0,
    onOutcome: (outcome: string) => void outcomes.push(outcome)
  }
  await traceJob((await requestOf(nhsNumber)).id, deps, silent)
  return outcomes
}

const verdicts = async () =>
  (
    await db().query<{ verdict: string }>('select verdict from identity_claim where nhs_number = $1', [
      nhsNumber
    ])
  ).map(({ verdict }) => verdict)

const found = (): TraceOutcome => ({
  outcome: 'found',
  nhsNumber,
  confidentiality: 'unrestricted',
  patient: pdsPatient(nhsNumber)
})

test('joins the trust’s person to the one PDS knows, and is done', async () => {
  expect(await trace(found())).toEqual(['found'])
  const person = await findSurvivor(db(), personIdOf(local(number)))
  expect(person).not.toBe(personIdOf(local(number)))
  expect(await shownTexts(db(), person as string)).toEqual([number])
  expect(await requestOf(nhsNumber)).toMatchObject({ state: 'done' })
})

test('asks PDS once, though the job comes twice and more messages name the number', async () => {
  await trust.say(subject(number, { nhsNumber }), [trust.result(number, `${number}-more`)])
  await trace(found())
  expect(await trace(found())).toEqual([])
  expect(asked).toEqual([nhsNumber])
})

test('of a number that PDS has replaced joins the person under the new one', async () => {
  const current = persons.next()
  const answer = { ...found(), nhsNumber: current, patient: pdsPatient(current) } as TraceOutcome
  await trace(answer)
  const state = await persons.stateOf(personIdOf(local(number)))
  expect(state).toMatchObject({ nhsNumber: current, oldNhsNumbers: [nhsNumber] })
  expect(await shownTexts(db(), state?.patientId as string)).toEqual([number])
})

test('of a number that is nobody’s leaves the person unverified, and is done', async () => {
  expect(await trace({ outcome: 'not-found' })).toEqual(['not-found'])
  expect(await verdicts()).toEqual(['not-found'])
  expect(await requestOf(nhsNumber)).toMatchObject({ state: 'done' })
})

test('of somebody restricted keeps no demographics, and closes the claim', async () => {
  const { patient: _, ...rest } = found() as Extract<TraceOutcome, { outcome: 'found' }>
  await trace({ ...rest, confidentiality: 'restricted', patient: pdsPatient(nhsNumber) })
  expect(await verdicts()).toEqual(['closed'])
  const kept = await db().query('select demographics from pds_trace where nhs_number = $1', [nhsNumber])
  expect(kept).toEqual([{ demographics: null }])
})

test('while PDS is away is postponed, with its reason, and nothing is lost', async () => {
  expect(await trace(new OutcomeError('upstreamTimeout', 'PDS did not answer in time'))).toEqual([
    'postponed'
  ])
  expect(await requestOf(nhsNumber)).toMatchObject({
    state: 'waiting',
    reason: 'PDS did not answer in time'
  })
  expect(await verdicts()).toEqual(['untraced'])
})

test('does not ask PDS about somebody who objects', async () => {
  await db().query(
    `insert into consent_directive (id, nhs_number, kind, recorded_by) values ($1, $2, 'whole-record-objection', 'test')`,
    [systemIds.newId(), nhsNumber]
  )
  expect(await trace(found())).toEqual(['objection'])
  expect(asked).toEqual([])
})
