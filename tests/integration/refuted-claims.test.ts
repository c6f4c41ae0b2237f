import type { NhsNumber } from '@chesil/fhir'
import { personIdOf, readPersonState, recordObjection, systemIds } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { createTrust, local, subject } from '../support/messages.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { next, trace } = createPersons(db)
const trust = createTrust(db)

const object = (nhsNumber: NhsNumber) =>
  db().transaction((sql) => recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' }))
const isObjected = async (patientId: string) => (await readPersonState(db(), patientId, 'system'))?.objection

/** Somebody's message names the number of another, whose birth date is not theirs. */
async function mistype(number: string, nhsNumber: NhsNumber): Promise<void> {
  await trace({ asked: nhsNumber, patient: pdsPatient(nhsNumber, { birthDate: '1987-01-02' }) })
  await trust.say(subject(number, { nhsNumber }))
}

describe('an objection under a number that a trust gave somebody', () => {
  test('closes their record while nobody knows better', async () => {
    const [number, theirs] = [systemIds.newId(), next()]
    await mistype(number, theirs)
    await object(theirs)
    expect(await isObjected(personIdOf(local(number)))).toBe(true)
  })

  test('and that PDS refuted leaves the record open of whom they turn out to be', async () => {
    const [number, theirs, own] = [systemIds.newId(), next(), next()]
    const person = await trace({ asked: own })
    await mistype(number, theirs)
    await trust.say(subject(number, { nhsNumber: own }))
    expect(await readPersonState(db(), personIdOf(local(number)), 'system')).toMatchObject({
      patientId: person,
      nhsNumber: own
    })
    await object(theirs)
    expect(await isObjected(person)).toBe(false)
  })

  test('and that PDS was not asked about closes the record of whom they are merged into', async () => {
    const [number, other, theirs, own] = [systemIds.newId(), systemIds.newId(), next(), next()]
    const person = await trace({ asked: own })
    await trust.say(subject(number, { nhsNumber: theirs }))
    await trust.say(subject(other, { nhsNumber: own }))
    await trust.say(other, [], {
      identity: [{ kind: 'merge', from: local(number), into: local(other) }]
    })
    await object(theirs)
    expect(await isObjected(person)).toBe(true)
  })
})
