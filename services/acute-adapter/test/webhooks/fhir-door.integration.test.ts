import { gunzipSync } from 'node:zlib'
import { systems } from '@chesil/fhir'
import { beforeEach, describe, expect, test } from 'vitest'
import { shownTexts } from '../../../../tests/support/contributions.ts'
import { useDatabase } from '../../../../tests/support/store.ts'
import { readInbox } from '../inbox-rows.ts'
import { openPartner, personOf, pushing } from './partner.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query(
    `truncate webhook_event, refused_visit, inbox_message, contribution, outbox_event, patient, view_entry, quarantine,
              source_resource, source_resource_owner, source_status, item_version_told, pushed_item cascade`
  )
})
const inbox = () => readInbox(db())

const observation = (id: string, changes: Record<string, unknown> = {}) => ({
  resourceType: 'Observation',
  id,
  meta: { lastUpdated: '2026-03-01T09:00:00Z', versionId: '1' },
  status: 'final',
  code: { text: id },
  subject: { reference: 'Patient/p1' },
  ...changes
})
const bundle = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  timestamp: '2026-03-01T10:00:00Z',
  entry: resources.map((resource) => ({ resource }))
})
const deletion = (url: string, timestamp: string) => ({
  ...bundle(),
  type: 'transaction',
  timestamp,
  entry: [{ request: { method: 'DELETE', url } }]
})
const version = (versionId: string, changes: Record<string, unknown> = {}) =>
  observation('o1', { meta: { lastUpdated: `2026-03-01T09:0${versionId}:00Z`, versionId }, ...changes })

describe('what is taken', () => {
  test('lies in the inbox as it came, and is announced for mapping', async () => {
    const partner = openPartner(db)
    const event = await partner.send(observation('o1'))
    const [row, ...others] = await inbox()
    expect(others).toEqual([])
    expect(event).toMatchObject({ state: 'taken', reason: null, gaps: [], body: null, messages: [row?.id] })
    expect(row).toMatchObject({ interface: 'fhir-r4-push', state: 'received', event: 'Observation' })
    expect(JSON.parse(gunzipSync(row?.body ?? Buffer.of()).toString())).toEqual(observation('o1'))
    expect(await db().query('select queue, row_id from outbox_event')).toEqual([
      { queue: 'map-acute', row_id: row?.id }
    ])
    expect(partner.outcomes).toEqual(['rxx-fhir new'])
  })

  test('leads to the record of whom it names', async () => {
    const partner = openPartner(db)
    await partner.send(bundle(observation('o1'), observation('o2', { subject: { reference: 'Patient/p2' } })))
    await partner.settle()
    expect(await shownTexts(db(), personOf('p1'))).toEqual(['o1'])
    expect(await shownTexts(db(), personOf('p2'))).toEqual(['o2'])
  })

  test('again under another id is another message, and changes nothing', async () => {
    const partner = openPartner(db)
    const first = await partner.send(observation('o1'))
    await partner.settle()
    const again = await partner.send(observation('o1'))
    await partner.settle()
    expect(again.messages).not.toEqual(first.messages)
    const [person] = await db().query('select version from patient where id = $1', [personOf('p1')])
    expect(person).toEqual({ version: 1 })
  })

  test('stands by its own time, not by when it came: the versions that are missing are told', async () => {
    const partner = openPartner(db)
    const later = await partner.send(version('4', { code: { text: 'fourth' } }))
    expect(later.gaps).toEqual([])
    const earlier = await partner.send(version('1', { code: { text: 'first' } }))
    expect(earlier.gaps).toEqual([{ item: 'Observation/o1', missing: [2, 3] }])
    await partner.settle()
    expect(await shownTexts(db(), personOf('p1'))).toEqual(['fourth'])
  })

  test('each of a Bundle by its own time', async () => {
    const partner = openPartner(db)
    await partner.send(version('4', { code: { text: 'fourth' } }))
    await partner.send(
      bundle(version('1', { code: { text: 'first' } }), observation('o2', { meta: undefined }))
    )
    await partner.settle()
    expect(await shownTexts(db(), personOf('p1'))).toEqual(['fourth', 'o2'])
    const times = await db().query('select source_time as time from contribution order by source_time')
    expect(times).toEqual(
      ['2026-03-01T09:01:00Z', '2026-03-01T09:04:00Z', '2026-03-01T10:00:00Z'].map((time) => ({
        time: Date.parse(time)
      }))
    )
  })
})

test('a resource that is no valid FHIR is kept out by itself, of whom it is about', async () => {
  const partner = openPartner(db)
  await partner.send(bundle(observation('o1', { status: 'nonsense' }), observation('o2')))
  await partner.settle()
  expect(await shownTexts(db(), personOf('p1'))).toEqual(['o2'])
  expect(
    await db().query('select patient_id as "patientId", reason, source_resource_id as item from quarantine')
  ).toEqual([{ patientId: personOf('p1'), reason: 'invalid', item: 'Observation/o1' }])
})

test('5,000 entries about as many people are taken and mapped', async () => {
  const partner = openPartner(db)
  const resources = Array.from({ length: 5_000 }, (_, n) =>
    observation(`o${n}`, { subject: { reference: `Patient/p${n}` } })
  )
  expect(await partner.send(bundle(...resources))).toMatchObject({ state: 'taken' })
  const [row] = await inbox()
  await partner.map(row?.id ?? '')
  expect(await db().query('select count(*) as parts from contribution')).toEqual([{ parts: 5_000 }])
}, 60_000)

describe('a retraction', () => {
  test.each([
    ['by deletion', deletion('Observation/o1', '2026-03-01T09:30:00Z')],
    ['by its status', version('9', { status: 'entered-in-error' })]
  ])('%s, before or after what it retracts', async (_how, retraction) => {
    for (const events of [
      [version('1'), retraction],
      [retraction, version('1')]
    ]) {
      const partner = openPartner(db)
      for (const event of events) await partner.send(event)
      await partner.settle()
      expect(await shownTexts(db(), personOf('p1'))).toEqual([])
      await db().query(
        'truncate patient, view_entry, source_resource, source_resource_owner, pushed_item cascade'
      )
    }
  })

  test('of an item of somebody else’s source withdraws nothing there', async () => {
    const one = openPartner(db)
    const other = openPartner(db, [pushing({ id: 'rxx-other' })])
    await one.send(observation('o1'))
    await other.send(deletion('Observation/o1', '2026-03-01T11:00:00Z'))
    await one.settle()
    await other.settle()
    expect(await shownTexts(db(), personOf('p1'))).toEqual(['o1'])
  })
})

test('an item that turns out to be another’s is theirs alone, whichever comes first', async () => {
  const moved = version('2', { subject: { reference: 'Patient/p2' } })
  for (const events of [
    [version('1'), moved],
    [moved, version('1')]
  ]) {
    const partner = openPartner(db)
    for (const event of events) {
      await partner.send(event)
      await partner.settle()
    }
    expect(await shownTexts(db(), personOf('p1'))).toEqual([])
    expect(await shownTexts(db(), personOf('p2'))).toEqual(['o1'])
    await db().query(
      'truncate patient, view_entry, source_resource, source_resource_owner, pushed_item cascade'
    )
  }
})

test('a trust’s own number that was mistyped joins its person with nobody any more', async () => {
  const system = 'https://trust.example/Id/hospital-number'
  const partner = openPartner(db, [pushing({ patientNumberSystem: system })])
  const numbered = (minute: number, value: string) => ({
    resourceType: 'Patient',
    id: 'p1',
    meta: { lastUpdated: `2026-03-01T09:0${minute}:00Z` },
    identifier: [{ system, value }]
  })
  const survivorOf = async () => {
    const rows = await db().query<{ value: string; id: string }>(
      'select value, patient_id as id from patient_identifier order by value'
    )
    return new Map(rows.map(({ value, id }) => [value, id]))
  }
  await partner.send(numbered(1, 'M71'))
  await partner.settle()
  const before = await survivorOf()
  expect(before.get('p1')).toBe(before.get('M71'))
  await partner.send(numbered(2, 'M17'))
  await partner.settle()
  const after = await survivorOf()
  expect(after.get('p1')).toBe(after.get('M17'))
  expect(after.get('p1')).not.toBe(after.get('M71'))
})

describe('rejected, with what to do, and nothing kept:', () => {
  test.each([
    ['no JSON', '{', 'not-fhir', undefined],
    [
      'what is not UTF-8',
      Buffer.from('{"resourceType":"Observation","id":"é"}', 'latin1'),
      'not-fhir',
      undefined
    ],
    ['what is nested too deep', `${'['.repeat(100)}${']'.repeat(100)}`, 'not-fhir', undefined],
    [
      'a resource without a time',
      observation('o1', { meta: undefined }),
      'no-time',
      'Observation.meta.lastUpdated'
    ],
    [
      'a time to come',
      observation('o1', { meta: { lastUpdated: '2199-01-01T00:00:00Z' } }),
      'time-to-come',
      'Observation.meta.lastUpdated'
    ],
    ['nobody’s', observation('o1', { subject: undefined }), 'no-subject', 'Observation.subject']
  ])('%s', async (_what, body, reason, expression) => {
    const event = await openPartner(db).send(body)
    expect(event).toMatchObject({ state: 'rejected', reason, body: null, messages: [] })
    expect(event.issues.map((issue) => issue.expression)).toEqual([expression])
    expect(JSON.stringify(event.issues)).not.toContain('p1')
    expect(await inbox()).toEqual([])
  })

  test.each([
    ['a partner without a source that pushes', [], 'no-source'],
    ['a partner with several', ['rxx-fhir', 'rxx-other'], 'ambiguous-source'],
    ['a partner whose source is not live', ['rxx-retired'], 'no-source']
  ])('%s', async (_who, sourceIds, reason) => {
    const retired = pushing({ id: 'rxx-retired', releaseStage: 'retired' })
    const partner = openPartner(db, [pushing(), pushing({ id: 'rxx-other' }), retired])
    expect(await partner.send(observation('o1'), { sourceIds })).toMatchObject({ state: 'rejected', reason })
    expect(await inbox()).toEqual([])
  })
})

describe('what the source does not share', () => {
  const encounter = observation('e1', {
    resourceType: 'Encounter',
    serviceType: { coding: [{ code: '360' }] }
  })
  const ofIt = observation('o1', { encounter: { reference: 'Encounter/e1' } })

  test('is not kept', async () => {
    const partner = openPartner(db)
    expect(await partner.send(bundle(encounter, ofIt))).toMatchObject({
      state: 'taken',
      reason: 'denied',
      denied: 2,
      messages: []
    })
    expect(await inbox()).toEqual([])
    expect(partner.outcomes).toEqual(['rxx-fhir denied 2', 'rxx-fhir denied'])
  })

  test('nor is what belongs to it and comes later', async () => {
    const partner = openPartner(db)
    await partner.send(encounter)
    expect(await partner.send(ofIt)).toMatchObject({ state: 'taken', reason: 'denied' })
    const other = observation('o2', { encounter: { reference: 'Encounter/e2' } })
    expect(await partner.send(other)).toMatchObject({ state: 'taken', reason: null })
    expect(JSON.stringify(await db().query('select * from refused_visit'))).not.toContain('e1')
  })

  test('nor are its versions, and the rest of its Bundle is', async () => {
    const partner = openPartner(db)
    const event = await partner.send(bundle(encounter, ofIt, observation('o2')))
    expect(event).toMatchObject({ state: 'taken', reason: null, denied: 2 })
    const [row] = await inbox()
    expect(gunzipSync(row?.body ?? Buffer.of()).toString()).not.toContain('e1')
    expect(await db().query('select item from item_version_told')).toEqual([{ item: 'Observation/o2' }])
    await partner.settle()
    expect(await shownTexts(db(), personOf('p1'))).toEqual(['o2'])
  })
})

test('while the inbox cannot be written to, an event waits for its next attempt', async () => {
  const partner = openPartner(db)
  partner.state.isAway = true
  const id = await partner.post(observation('o1'))
  await partner.takeIn()
  expect(await partner.find(id)).toMatchObject({ state: 'accepted', messages: [] })
  partner.state.isAway = false
  await db().query('update webhook_event set lease_until = null')
  await partner.takeIn()
  expect(await partner.find(id)).toMatchObject({ state: 'taken' })
})

test('an event that is taken in twice is one message', async () => {
  const partner = openPartner(db)
  const id = await partner.post(observation('o1'))
  await partner.takeIn()
  const first = await partner.find(id)
  await db().query(`update webhook_event set state = 'accepted', body = $1`, [
    Buffer.from(JSON.stringify(observation('o1')))
  ])
  await partner.takeIn()
  expect(await partner.find(id)).toMatchObject({ state: 'taken', messages: first.messages })
  expect(await inbox()).toHaveLength(1)
})

test('a person known by an NHS number is announced to be traced', async () => {
  const partner = openPartner(db)
  await partner.send(
    observation('o1', { subject: { identifier: { system: systems.nhsNumber, value: '9449305552' } } })
  )
  await partner.settle()
  expect(await db().query('select nhs_number as number from trace_request')).toEqual([
    { number: '9449305552' }
  ])
})
