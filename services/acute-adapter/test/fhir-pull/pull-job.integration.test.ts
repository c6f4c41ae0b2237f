import { gunzipSync } from 'node:zlib'
import { claimMessage, isAnswer, readPullHistory, systemIds } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { describe, expect, test } from 'vitest'
import { settleFhirAnswer } from '../../src/fhir-pull/map-answer.ts'
import { fhirPullJob } from '../../src/fhir-pull/pull-job.ts'
import { meet, nextPerson, request, useDatabase } from './persons.ts'
import { createTrust, endpointOf, source, type Trust } from './trust.ts'

const { database: db } = useDatabase()
const lines: string[] = []
const log = createLogger('acute-adapter', 'trace', { write: (line) => void lines.push(line) })

async function work(pullId: string, trust: Trust) {
  const told: (string | number)[][] = []
  const endpoints = new Map([['trust-fhir', endpointOf(trust)]])
  const deps = {
    ...{ database: db(), endpoints, now: Date.now, newId: systemIds.newId },
    onOutcome: (id: string, outcome: string) => void told.push([id, outcome]),
    onRefused: (id: string, count: number) => void told.push([id, 'refused', count])
  }
  await fhirPullJob(pullId, source(), deps, log)
  return told
}

/** Somebody of whom the trust has a visit and a problem. */
async function start(changes: Parameters<typeof meet>[2] = {}) {
  const person = nextPerson()
  const trust = createTrust(person.atTrust)
  trust.put('Encounter', 'e1', { status: 'finished', class: { code: 'IMP' } })
  trust.put('Condition', 'c1', { status: undefined, code: { text: 'Asthma' } })
  const patientId = await meet(db(), person, changes)
  return { person, trust, patientId, pullId: await request(db(), patientId) }
}

const pullOf = async (pullId: string) =>
  (await db().query('select state, outcome, detail from pull where id = $1', [pullId]))[0]
const messagesOf = (pullId: string) =>
  db().query<{ id: string; interface: string; state: string; body: Buffer }>(
    'select id, interface, state, body from inbox_message where pull_id = $1',
    [pullId]
  )

describe('an endpoint is not asked', () => {
  test.each([
    ['about somebody restricted', { status: 'restricted' }, 'person-gate'],
    [
      'about somebody whom PDS was last asked about more than a day ago',
      { tracedAt: Date.now() - 86_400_001 },
      'person-gate'
    ]
  ] as const)('%s', async (_case, changes, detail) => {
    const { trust, pullId } = await start(changes)
    await work(pullId, trust)
    expect(await pullOf(pullId)).toEqual({ state: 'done', outcome: 'failed', detail })
    expect([trust.asked, await messagesOf(pullId)]).toEqual([[], []])
  })

  test.each([
    [
      'for one session: its answers are kept',
      { authority: 'session-1', expiresAt: Date.now() + 60_000 },
      'retention-rule'
    ],
    ['when the catalogue does not have it any more', { sourceId: 'trust-gone' }, 'not-configured']
  ])('%s', async (_case, changes, detail) => {
    const { trust, patientId } = await start()
    const pullId = await request(db(), patientId, changes)
    await work(pullId, trust)
    expect(await pullOf(pullId)).toMatchObject({ outcome: 'failed', detail })
    expect(trust.asked).toEqual([])
  })

  test('twice for one pull', async () => {
    const { trust, pullId } = await start()
    await Promise.all([work(pullId, trust), work(pullId, trust)])
    expect(await messagesOf(pullId)).toHaveLength(1)
  })
})

describe('an answer', () => {
  test('is kept as it came before anything is made of it, and announced to the acute adapter', async () => {
    const { trust, pullId, person } = await start()
    expect(await work(pullId, trust)).toEqual([['trust-fhir', 'answered']])
    const [message] = await messagesOf(pullId)
    expect(message).toMatchObject({ interface: 'fhir-r4', state: 'received' })
    const envelope = JSON.parse(gunzipSync(message?.body ?? '').toString())
    expect(envelope.patient.entry[0].resource).toEqual(person.atTrust)
    expect(envelope.byType.Condition).toMatchObject({
      kind: 'full',
      pages: [{ entry: [{ resource: { id: 'c1' } }] }]
    })
    expect(await db().query('select queue from outbox_event where row_id = $1', [message?.id])).toEqual([
      { queue: 'map-acute' }
    ])
  })

  test('holds nothing of what the source does not share; that is counted', async () => {
    const { trust, pullId } = await start()
    trust.put('Encounter', 'secret-visit', { serviceType: { coding: [{ code: '360' }] } })
    expect(await work(pullId, trust)).toEqual([
      ['trust-fhir', 'answered'],
      ['trust-fhir', 'refused', 1]
    ])
    const [message] = await messagesOf(pullId)
    expect(gunzipSync(message?.body ?? '').toString()).not.toContain('secret-visit')
  })

  test('without a type says which section failed', async () => {
    const { trust, pullId, patientId } = await start()
    trust.failing.set('Condition', { outcome: 'timed-out' })
    await work(pullId, trust)
    expect(
      await db().query('select section, state from source_section where patient_id = $1', [patientId])
    ).toEqual([{ section: 'problems', state: 'failed' }])
  })

  test.each([
    [{ outcome: 'not-disclosed' }, null],
    [{ outcome: 'timed-out' }, null],
    [{ outcome: 'breaker-open' }, null],
    [{ outcome: 'failed', status: 429 }, '429'],
    [{ outcome: 'failed', code: 'no-token' }, 'no-token']
  ] as const)('that is none ends the pull with what the source said: %o', async (failure, detail) => {
    const { trust, pullId } = await start()
    trust.failing.set('Patient', failure)
    await work(pullId, trust)
    expect(await pullOf(pullId)).toEqual({ state: 'done', outcome: failure.outcome, detail })
  })
})

describe('a kept answer', () => {
  const settle = async (pullId: string, trust: Trust, issues: readonly string[] = []) => {
    const [row] = await messagesOf(pullId)
    const message = await claimMessage(db(), row?.id ?? '', 10_000)
    if (!message || !isAnswer(message)) throw new Error('There is no answer')
    let invalid = 0
    const outcome = await settleFhirAnswer(message, {
      ...{
        database: db(),
        endpoints: new Map([['trust-fhir', endpointOf(trust)]]),
        ids: systemIds,
        now: Date.now
      },
      validator: {
        validate: ({ resourceType }) =>
          issues.includes(resourceType)
            ? [{ layer: 'rules', expression: `${resourceType}.code`, message: 'no' }]
            : []
      },
      onInvalid: (_source, count) => {
        invalid += count
      }
    })
    const [kept] = await db().query<{ body: Buffer }>('select body from contribution where pull_id = $1', [
      pullId
    ])
    return { outcome, invalid, contribution: kept && JSON.parse(gunzipSync(kept.body).toString()) }
  }

  test('becomes a contribution to the record of the person who was asked about', async () => {
    const { trust, pullId, patientId } = await start()
    await work(pullId, trust)
    const { outcome, contribution } = await settle(pullId, trust)
    expect(outcome).toBe('mapped')
    expect(contribution.entries.map((entry: { sourceResourceId: string }) => entry.sourceResourceId)).toEqual(
      ['Patient/p1', 'Encounter/e1', 'Condition/c1']
    )
    expect(contribution.entries[2].resource.subject).toEqual({ reference: `Patient/${patientId}` })
  })

  test('loses what is not valid, and says so of its section', async () => {
    const { trust, pullId } = await start()
    await work(pullId, trust)
    const { invalid, contribution } = await settle(pullId, trust, ['Condition'])
    expect(invalid).toBe(1)
    expect(contribution.quarantined).toMatchObject([
      { reason: 'invalid', sourceResourceId: 'Condition/c1', expression: 'Condition.code' }
    ])
    expect(contribution.entries).toHaveLength(2)
  })

  test('about somebody else is refused as a whole', async () => {
    const { trust, pullId } = await start()
    trust.patients = [nextPerson().atTrust]
    await work(pullId, trust)
    expect(await settle(pullId, trust)).toMatchObject({ outcome: 'refused', contribution: undefined })
    expect(await pullOf(pullId)).toMatchObject({
      state: 'done',
      outcome: 'refused-answer',
      detail: 'wrong-person'
    })
  })

  test('of somebody who was restricted since is refused, and nothing of it kept', async () => {
    const { trust, pullId, person } = await start()
    await work(pullId, trust)
    await meet(db(), person, { status: 'restricted' })
    expect(await settle(pullId, trust)).toMatchObject({ outcome: 'refused' })
    expect(await messagesOf(pullId)).toMatchObject([{ state: 'refused', body: null }])
  })
})

test('the history of pulls tells what was answered, when it was whole, and what is kept out', async () => {
  const { patientId } = await start()
  const scope = { patientId, sourceId: 'trust-fhir', authority: 'system' }
  expect(await readPullHistory(db(), scope)).toEqual({ isStale: false, sections: new Map(), held: new Map() })
  const at = new Date('2026-11-22T09:30:00Z')
  await db().query(
    `insert into source_status (patient_id, source_id, authority, as_at) values ($1, 'trust-fhir', 'system', $2)`,
    [patientId, at]
  )
  await db().query(
    `insert into source_section (patient_id, source_id, authority, section, state, stated_time, stated_sequence, stated_hash, covered_time, borrowed)
     values ($1, 'trust-fhir', 'system', 'problems', 'returned', $2, 0, '', $2, false), ($1, 'trust-fhir', 'system', 'admissions', 'failed', $2, 0, '', $2, true)`,
    [patientId, at]
  )
  await db().query(
    `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type, section)
     values ($2, $1, 'trust-fhir', 'system', $2, 'invalid', 'Condition', 'problems')`,
    [patientId, systemIds.newId()]
  )
  expect(await readPullHistory(db(), scope)).toEqual({
    asAt: at.getTime(),
    isStale: false,
    sections: new Map([
      ['problems', { state: 'returned', coveredAt: at.getTime(), hasQuarantined: true }],
      ['admissions', { state: 'failed', hasQuarantined: false }]
    ]),
    held: new Map()
  })
})

test('the log says which source was not asked and why, and nobody’s name or number', async () => {
  const { trust, pullId, person } = await start({ status: 'redacted' })
  await work(pullId, trust)
  expect(lines.join('')).toMatch(/"sourceId":"trust-fhir","reason":"person-gate","msg":"not asked"/)
  expect(lines.join('')).not.toMatch(new RegExp(`${person.nhsNumber}|${person.family}`))
})
