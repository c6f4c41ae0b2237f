import type { Encounter, Patient, Provenance } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import {
  findSurvivor,
  mergePersons,
  personIdOf,
  readPersonState,
  systemIds,
  undoStatement
} from '@chesil/record-store'
import { describe, expect, test, vi } from 'vitest'
import { apply, shownTexts } from '../support/contributions.ts'
import { createTrust, local, merge, subject } from '../support/messages.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const trust = createTrust(db)

let numbers = 0
const newNumber = () => `M${++numbers}`
const personOf = (number: string) => personIdOf(local(number))

async function shownResource<T>(patientId: string, id: string): Promise<T | undefined> {
  const [row] = await db().query<{ body: string }>(
    'select body from view_entry where patient_id = $1 and resource_id = $2 and to_version is null',
    [patientId, id]
  )
  return row && (JSON.parse(row.body) as T)
}

const quarantineOf = async (patientId: string) =>
  (
    await db().query<{ reason: string }>(
      'select reason from quarantine where patient_id = $1 and closed_at is null order by 1',
      [patientId]
    )
  ).map(({ reason }) => reason)

const claimsOf = (number: string) =>
  db().query('select nhs_number as number, verdict from identity_claim where home_patient_id = $1', [
    personOf(number)
  ])

const apartOf = async (patientId: string) => (await readPersonState(db(), patientId, 'system'))?.apart

describe('somebody whom only a trust knows', () => {
  test('is a person of their own, shown as the trust knows them and marked unverified', async () => {
    const number = newNumber()
    expect(await trust.say(number, [trust.result(number, 'sodium')])).toEqual(['applied'])
    const id = personOf(number)
    expect(await shownTexts(db(), id)).toEqual(['sodium'])
    const patient = await shownResource<Patient>(id, id)
    expect(patient).toMatchObject({ identifier: [local(number)], name: [{ family: 'Weir', given: ['Ada'] }] })
    expect(patient?.meta?.tag?.map(({ code }) => code)).toContain('unverified')
    expect(patient?.address).toBeUndefined()
  })

  test('is met once, however many messages come at one moment', async () => {
    const number = newNumber()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(names.map((name) => trust.say(number, [trust.result(number, `${number}-${name}`)])))
    expect(await shownTexts(db(), personOf(number))).toEqual(names.map((name) => `${number}-${name}`))
  })
})

describe('an NHS number', () => {
  test('that PDS was never asked about lands with the trust’s person, and is announced to be traced', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, 'x1')])
    expect(await shownTexts(db(), personOf(number))).toEqual(['x1'])
    expect(await claimsOf(number)).toEqual([{ number: nhsNumber, verdict: 'untraced' }])
    const requests = await db().query('select state from trace_request where nhs_number = $1', [nhsNumber])
    expect(requests).toEqual([{ state: 'waiting' }])
  })

  test('joins the persons once PDS agrees, and what came before comes with them', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, 'x2')])
    const person = await persons.trace({ asked: nhsNumber })
    expect(await shownTexts(db(), person)).toEqual(['x2'])
    expect((await readPersonState(db(), personOf(number), 'system'))?.patientId).toBe(person)
  })

  test('that joins two persons leaves a Provenance of it, which is valid', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    await trust.say(subject(number, { nhsNumber }), [])
    const person = await persons.trace({ asked: nhsNumber })
    const [row] = await db().query<{ body: string }>(
      `select body from view_entry where patient_id = $1 and resource_type = 'Provenance' and to_version is null`,
      [person]
    )
    const provenance = JSON.parse(row?.body ?? '{}') as Provenance
    expect(provenance.target.map(({ reference }) => reference)).toEqual([
      `Patient/${personOf(number)}`,
      `Patient/${person}`
    ])
    expect(createValidator({ prepare: [] }).validate(provenance)).toEqual([])
  })

  test('that was traced joins at once, and later messages without it follow', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, 'x3')])
    await trust.say(number, [trust.result(number, 'x4')])
    expect(await shownTexts(db(), person)).toEqual(['x3', 'x4'])
  })

  test('with the birth date and another first name is kept out, and both readers are told', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    const twin = subject(number, { nhsNumber, given: ['Zoe'] })
    expect(await trust.say(twin, [trust.result(number, 'x5')])).toEqual(['quarantined'])
    expect(await shownTexts(db(), personOf(number))).toEqual([])
    expect(await quarantineOf(person)).toEqual(['other-demographics'])
    expect(await quarantineOf(personOf(number))).toEqual(['other-demographics'])
  })

  test('a message is judged by whom its number leads to when it lands, not when it was first looked at', async () => {
    const number = newNumber()
    const person = await persons.trace({ asked: persons.next() })
    await trust.say(number)
    const parts = {
      mode: 'delta' as const,
      sections: [],
      entries: [trust.result(number, 'x10')],
      quarantined: []
    }
    const twin = await trust.send(
      { subject: subject(number, { given: ['Zoe'] }), contribution: parts },
      Date.now()
    )
    const applied = db().transaction(async (sql) => {
      const merge = { from: personOf(number), into: person, reason: 'same-person', linkId: systemIds.newId() }
      await mergePersons(sql, merge, systemIds)
      const outcome = apply(db(), twin)
      await vi.waitFor(async () =>
        expect(
          await db().query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
          )
        ).toHaveLength(1)
      )
      return { outcome }
    })
    expect(await (await applied).outcome).toEqual(['quarantined'])
    expect(await shownTexts(db(), person)).toEqual([])
  })

  test.each([
    ['another first name', { given: ['Zoe'] }],
    ['another first name and birth date', { given: ['Zoe'], birthDate: '1987-01-02' }],
    ['the birth date of somebody of her name', { birthDate: '1987-01-02' }],
    ['no name, as a newborn under her mother’s number', { given: ['Baby'], birthDate: '2025-12-31' }]
  ])('joins nobody where %s came under the same number before, with no NHS number', async (_, other) => {
    for (const isTracedLater of [false, true]) {
      const number = newNumber()
      const nhsNumber = persons.next()
      if (!isTracedLater) await persons.trace({ asked: nhsNumber })
      await trust.say(subject(number, other), [trust.result(number, `${number}-a`)])
      expect((await readPersonState(db(), personOf(number), 'system'))?.claims).toEqual([])
      await trust.say(subject(number, { nhsNumber }), [trust.result(number, `${number}-b`)])
      const person = await persons.trace({ asked: nhsNumber })
      expect(await shownTexts(db(), person)).toEqual([])
      expect(await shownTexts(db(), personOf(number))).toEqual([`${number}-a`, `${number}-b`])
      expect(await apartOf(person)).toEqual([trust.sourceId])
      const reviews = await db().query('select reason from identity_review where patient_id = $1', [
        personOf(number)
      ])
      expect(reviews).toEqual([{ reason: 'identity-conflict' }])
    }
  })

  test('joins nobody where PDS confirms two numbers for two people under one of a trust’s', async () => {
    const number = newNumber()
    const [young, old] = [persons.next(), persons.next()]
    const birthDate = '1987-01-02'
    await trust.say(subject(number, { nhsNumber: young, birthDate }), [trust.result(number, `${number}-a`)])
    await trust.say(subject(number, { nhsNumber: old }), [trust.result(number, `${number}-b`)])
    const people = [
      await persons.trace({ asked: young, patient: pdsPatient(young, { birthDate }) }),
      await persons.trace({ asked: old })
    ]
    for (const person of people) {
      expect(await shownTexts(db(), person)).toEqual([])
      expect(await apartOf(person)).toEqual([trust.sourceId])
    }
    expect(await shownTexts(db(), personOf(number))).toEqual([`${number}-a`, `${number}-b`])
  })

  test('takes in nobody else whom the trust merges with it, also where PDS has replaced the number since', async () => {
    const [number, other] = [newNumber(), newNumber()]
    const [before, after] = [persons.next(), persons.next()]
    await persons.trace({ asked: before })
    const person = await persons.trace({ asked: after })
    await trust.say(subject(number, { nhsNumber: before }), [trust.result(number, `${number}-a`)])
    await persons.trace({ asked: before, current: after })
    await trust.say(subject(other, { given: ['Zoe'] }), [trust.result(other, `${other}-a`)])
    await trust.say(number, [], { identity: [merge(other, number)] })
    expect(await shownTexts(db(), person)).toEqual([`${number}-a`])
  })

  test('of somebody closed joins nobody who came under it meanwhile, once PDS opens the record', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber, status: 'restricted' })
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, `${number}-a`)])
    await trust.say(subject(number, { given: ['Zoe'] }), [trust.result(number, `${number}-b`)])
    await persons.trace({ asked: nhsNumber })
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await apartOf(person)).toEqual([trust.sourceId])
  })

  test('stays joined though PDS has another first name by now', async () => {
    const number = newNumber()
    const other = newNumber()
    const nhsNumber = persons.next()
    await trust.say(number, [trust.result(number, `${number}-a`)])
    await trust.say(subject(number, { nhsNumber }))
    const person = await persons.trace({ asked: nhsNumber })
    const patient = pdsPatient(nhsNumber, { name: [{ family: 'Weir', given: ['Beth'] }] })
    await persons.trace({ asked: nhsNumber, patient })
    await trust.say(other, [], { identity: [merge(other, number)] })
    expect(await shownTexts(db(), person)).toEqual([`${number}-a`])
  })

  test('of one number does not take in another that the trust merges with it, of somebody else', async () => {
    for (const isMergedFirst of [false, true]) {
      const [number, other] = [newNumber(), newNumber()]
      const nhsNumber = persons.next()
      const theirs = subject(other, { given: ['Zoe'] })
      await trust.say(theirs, [trust.result(other, `${other}-a`)])
      if (isMergedFirst) await trust.say(number, [], { identity: [merge(other, number)] })
      await trust.say(subject(number, { nhsNumber }))
      const person = await persons.trace({ asked: nhsNumber })
      if (!isMergedFirst) await trust.say(number, [], { identity: [merge(other, number)] })
      expect(await shownTexts(db(), person)).toEqual([])
      expect(await shownTexts(db(), personOf(other))).toEqual([`${other}-a`])
      expect(await apartOf(person)).toEqual([trust.sourceId])
    }
  })

  test('parts whom the trust had linked, as soon as one of them comes as somebody else', async () => {
    const [number, other] = [newNumber(), newNumber()]
    await trust.say(number, [], { identity: [{ ...merge(other, number), kind: 'link' }] })
    await trust.say(subject(other), [trust.result(other, `${other}-a`)])
    const survivors = await Promise.all([number, other].map((one) => findSurvivor(db(), personOf(one))))
    expect(new Set(survivors).size).toBe(1)
    const nhsNumber = persons.next()
    await trust.say(subject(number, { nhsNumber }))
    await trust.say(subject(other, { given: ['Zoe'] }), [trust.result(other, `${other}-b`)])
    const person = await persons.trace({ asked: nhsNumber })
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await shownTexts(db(), personOf(other))).toEqual([`${other}-a`, `${other}-b`])
  })

  test('of which a link is not followed: its readers are told until the trust, or an operator, takes it back', async () => {
    for (const isUndone of [false, true]) {
      const [number, other, third] = [newNumber(), newNumber(), newNumber()]
      const nhsNumber = persons.next()
      const person = await persons.trace({ asked: nhsNumber })
      const link = { ...merge(other, number), kind: 'link' } as const
      await trust.say(subject(other, { given: ['Zoe'] }))
      await trust.say(subject(number, { nhsNumber }), [], { identity: [link] })
      expect(await apartOf(person)).toEqual([trust.sourceId])
      expect(await quarantineOf(person)).toEqual(['identity-conflict'])
      // What is well is nobody's conflict.
      await trust.say(subject(number, { nhsNumber }), [], { identity: [merge(third, number)] })
      expect(await quarantineOf(person)).toEqual(['identity-conflict'])
      const [statement] = await db().query<{ id: string }>(
        'select id from identity_statement where from_patient_id = $1',
        [personOf(other)]
      )
      if (isUndone)
        await db().transaction((sql) => undoStatement(sql, statement?.id ?? '', 'test', systemIds))
      else await trust.say(subject(number, { nhsNumber }), [], { identity: [{ ...link, kind: 'unlink' }] })
      expect(await apartOf(person)).toEqual([])
      if (isUndone) expect(await quarantineOf(person)).toEqual([])
    }
  })

  test('with another birth date leaves them unverified, for somebody to look at', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await trust.say(subject(number, { nhsNumber, birthDate: '1987-01-02' }), [trust.result(number, 'x6')])
    expect(await shownTexts(db(), personOf(number))).toEqual(['x6'])
    expect(await shownTexts(db(), person)).toEqual([])
    const reviews = await db().query('select reason from identity_review where patient_id = $1', [
      personOf(number)
    ])
    expect(reviews).toEqual([{ reason: 'nhs-number-differs' }])
  })

  test.each([
    ['of which a part was mistyped joins', '1950-04-12', ['x7']],
    ['that was filled in joins once it is known', '1900-01-01', ['x7']],
    ['that was another’s joins nobody, though it is another now', '1987-01-02', []]
  ])('with a birth date %s', async (_, birthDate, shown) => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await trust.say(subject(number, { nhsNumber, birthDate }), [trust.result(number, `${number}-x7`)])
    await trust.say(subject(number, { nhsNumber }))
    expect(await shownTexts(db(), person)).toEqual(shown.map((name) => `${number}-${name}`))
  })

  test('other than the one the trust’s patient is known by is kept out', async () => {
    const number = newNumber()
    const [nhsNumber, other] = [persons.next(), persons.next()]
    const person = await persons.trace({ asked: nhsNumber })
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, 'x8')])
    const mixedUp = subject(number, { nhsNumber: other })
    expect(await trust.say(mixedUp, [trust.result(number, 'x9')])).toEqual(['quarantined'])
    expect(await shownTexts(db(), person)).toEqual(['x8'])
    expect(await quarantineOf(person)).toEqual(['other-nhs-number'])
  })

  test('of somebody restricted: the message lands, under no number that can be read', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    await trust.say(subject(number, { nhsNumber }), [trust.result(number, 'x10')])
    await persons.trace({ asked: nhsNumber, status: 'restricted' })
    expect(await claimsOf(number)).toEqual([{ number: nhsNumber, verdict: 'closed' }])
  })
})

describe('an item that many messages tell of', () => {
  const admitted = { kind: 'admission', at: '2026-01-02T09:00:00Z', set: { status: 'in-progress' } }
  const discharged = {
    kind: 'discharge',
    at: '2026-01-04T10:00:00Z',
    set: { status: 'finished', 'period.end': '2026-01-04T10:00:00Z' }
  }
  const undone = { kind: 'update', cancels: 'discharge', set: {} }

  test('is the same whatever arrives first, and is written once for what comes twice', async () => {
    const states: (Encounter | undefined)[] = []
    for (const sequence of [
      [admitted, discharged, undone],
      [undone, discharged, admitted],
      [discharged, admitted, undone, discharged, undone]
    ]) {
      const number = newNumber()
      const times = new Map([
        [admitted, 1],
        [discharged, 2],
        [undone, 3]
      ] as [object, number][])
      for (const event of sequence)
        await trust.say(number, [trust.visit(number, number, event)], {
          at: (times.get(event) ?? 0) * 60_000
        })
      states.push(await shownResource<Encounter>(personOf(number), trust.visitId(number)))
    }
    expect(states.map((state) => state?.status)).toEqual(['in-progress', 'in-progress', 'in-progress'])
    expect(states.map((state) => state?.period)).toEqual([undefined, undefined, undefined])
  })

  test('takes effect once, though its job comes twice', async () => {
    const number = newNumber()
    const id = await trust.send(
      {
        subject: subject(number),
        contribution: {
          mode: 'delta',
          sections: [],
          entries: [trust.visit(number, number, admitted)],
          quarantined: []
        }
      },
      60_000
    )
    expect(await apply(db(), id)).toEqual(['applied'])
    expect(await apply(db(), id)).toEqual([])
  })

  test('refers to the person it is shown with', async () => {
    const number = newNumber()
    const nhsNumber = persons.next()
    const person = await persons.trace({ asked: nhsNumber })
    await trust.say(subject(number, { nhsNumber }), [trust.visit(number, number, admitted)])
    const shown = await shownResource<Encounter>(person, trust.visitId(number))
    expect(shown?.subject?.reference).toBe(`Patient/${person}`)
  })
})

test('what was said of the wrong patient is gone from the history, too', async () => {
  const number = newNumber()
  const said = trust.result(number, `${number}-wrong`)
  await trust.say(number, [said])
  const { resource: _, ...named } = said
  await trust.say(number, [{ ...named, erases: true }])
  const rows = await db().query('select from view_entry where patient_id = $1 and body like $2', [
    personOf(number),
    `%${number}-wrong%`
  ])
  expect(rows).toEqual([])
})

describe('a part of which its source speaks whole', () => {
  test('loses what a later message does not name, whatever arrives first', async () => {
    for (const isLateFirst of [false, true]) {
      const number = newNumber()
      const named = (name: string) => ({
        ...trust.result(number, `${number}-${name}`),
        part: `document/${number}`
      })
      const first = () =>
        trust.say(number, [named('a'), named('b')], { at: 60_000, wholeParts: [`document/${number}`] })
      const second = () =>
        trust.say(number, [named('b')], { at: 120_000, wholeParts: [`document/${number}`] })
      for (const say of isLateFirst ? [second, first] : [first, second]) await say()
      expect(await shownTexts(db(), personOf(number))).toEqual([`${number}-b`])
    }
  })
})
