import { type Bundle, chesil, type NhsNumber, type OperationOutcome, type Patient } from '@chesil/fhir'
import { personIdOf, recordObjection, saveTrace, systemIds } from '@chesil/record-store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTrust, local, merge, subject } from '../../../tests/support/messages.ts'
import { type Api, keysOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, pdsPatient } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const trust = createTrust(database)
let api: Api
let number = ''

beforeAll(() => {
  api = openApi({ database: database(), pds })
})
beforeEach(() => {
  number = systemIds.newId()
  pds.isAway = false
})
afterAll(() => api?.close())

/** Somebody of the trust, as PDS knows the people of these tests. */
const known = (changes: Parameters<typeof subject>[1] = {}) =>
  subject(number, {
    family: canary.family,
    given: [canary.given],
    birthDate: canary.birthDate,
    ...changes
  })
const say = (changes: Parameters<typeof subject>[1] = {}) =>
  trust.say(known(changes), [trust.result(number, `${number}-sodium`)])

const person = () => personIdOf(local(number))
const everything = (id = person()) => api.ask<Bundle>(`Patient/${id}/$everything`)
const byNumber = () =>
  api.ask<Bundle>(`Patient?identifier=${encodeURIComponent(`${chesil.patientNumber('RXX')}|${number}`)}`)

function codesOf({ entry = [] }: Bundle): string[] {
  const outcome = entry.at(-1)?.resource as OperationOutcome
  return outcome.issue.flatMap(({ details }) => details?.coding?.flatMap(({ code }) => code ?? []) ?? [])
}

describe('somebody whom only a trust’s number names', () => {
  test('is found by that number, marked as not verified, and their record says so', async () => {
    await say()
    const found = await byNumber()
    expect(keysOf(found.body)).toEqual([`Patient/${person()}`])
    const { entry = [] } = (await everything()).body
    const patient = entry[0]?.resource as Patient
    expect(patient.meta?.tag).toContainEqual(expect.objectContaining({ code: 'unverified' }))
    expect(entry.map(({ resource }) => resource?.resourceType)).toContain('Observation')
    expect(codesOf((await everything()).body)).toContain('unverified-identity')
  })

  test('is shown while PDS is away, for there is nothing to ask it', async () => {
    await say()
    pds.isAway = true
    expect((await everything()).status).toBe(200)
  })
})

describe('somebody for whom messages claim an NHS number', () => {
  test('is traced when they are read, and answered as the person PDS knows', async () => {
    const nhsNumber = people.newNumber()
    pds.traces.set(nhsNumber, {
      outcome: 'found',
      nhsNumber,
      confidentiality: 'unrestricted',
      patient: pdsPatient(nhsNumber, 'J81001')
    })
    await say({ nhsNumber })
    const { body, status } = await everything()
    expect(status).toBe(200)
    const patient = body.entry?.[0]?.resource as Patient
    expect(patient.id).not.toBe(person())
    expect(patient.identifier).toContainEqual(expect.objectContaining({ value: nhsNumber }))
    expect(codesOf(body)).not.toContain('unverified-identity')
  })

  test('that PDS does not know is shown as the trust knows them', async () => {
    await say({ nhsNumber: people.newNumber() })
    expect(codesOf((await everything()).body)).toContain('unverified-identity')
  })

  test('is refused while PDS cannot be asked: the number may be a restricted person’s', async () => {
    await say({ nhsNumber: people.newNumber() })
    pds.isAway = true
    expect((await everything()).status).toBe(503)
  })

  test('is closed, like nobody, where the number is a restricted person’s', async () => {
    const nhsNumber = people.newNumber()
    pds.traces.set(nhsNumber, {
      outcome: 'found',
      nhsNumber,
      confidentiality: 'restricted',
      patient: pdsPatient(nhsNumber, 'J81001')
    })
    await say({ nhsNumber })
    expect((await everything()).status).toBe(404)
    expect(keysOf((await byNumber()).body)).toEqual([])
  })

  test('is never shown as part of somebody else, whatever their trust merges', async () => {
    const restricted = people.newNumber()
    pds.traces.set(restricted, {
      outcome: 'found',
      nhsNumber: restricted,
      confidentiality: 'restricted',
      patient: pdsPatient(restricted, 'J81001')
    })
    await say({ nhsNumber: restricted })
    expect((await everything()).status).toBe(404)
    const { id, nhsNumber } = await people.meet()
    const other = systemIds.newId()
    await trust.say({ ...known({ nhsNumber }), local: local(other) }, [], {
      identity: [merge(number, other)]
    })
    const { body } = await everything(id)
    expect(keysOf(body).filter((key) => key.startsWith('Observation'))).toEqual([])
    expect((await everything()).status).toBe(404)
  })

  test('is closed at once when the number’s holder objects, or is restricted since', async () => {
    for (const close of [
      (nhsNumber: NhsNumber) =>
        database().transaction((sql) =>
          recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' })
        ),
      (nhsNumber: NhsNumber) =>
        database().transaction((sql) =>
          saveTrace(
            sql,
            { asked: nhsNumber, current: nhsNumber, status: 'restricted', tracedAt: Date.now() + 1_000 },
            systemIds
          )
        )
    ]) {
      number = systemIds.newId()
      const { nhsNumber } = await people.meet()
      await say({ nhsNumber, birthDate: '1990-12-12' })
      expect((await everything()).status).toBe(200)
      await close(nhsNumber)
      expect((await everything()).status).toBe(404)
    }
  })

  test('stays apart where PDS disagrees; both records say so', async () => {
    const { id, nhsNumber } = await people.meet()
    await say({ nhsNumber, birthDate: '1990-12-12' })
    expect(codesOf((await everything()).body)).toContain('unverified-identity')
    const { body } = await everything(id)
    expect(codesOf(body)).toContain('kept-apart')
    expect(keysOf(body).filter((key) => key.startsWith('Observation'))).toEqual([])
  })
})
