import { gunzipSync } from 'node:zlib'
import { createValidator } from '@chesil/fhir-validator'
import { claimMessage, isAnswer, systemIds } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { describe, expect, test } from 'vitest'
import { apply } from '../../../../tests/support/contributions.ts'
import { settleCouncilAnswer } from '../../src/council-pull/map-answer.ts'
import { councilPullJob } from '../../src/council-pull/pull-job.ts'
import { briefly, type Council, createCouncil, endpointOf, source } from './council.ts'
import { meet, nextPerson, request, useDatabase } from './persons.ts'

const { database: db } = useDatabase()
const lines: string[] = []
const log = createLogger('social-care-adapter', 'trace', { write: (line) => void lines.push(line) })
const validator = createValidator()
const hour = 3_600_000

const endpointsOf = (council: Council) =>
  new Map([
    ['council-api', endpointOf(council)],
    ['council-session', endpointOf(council, { id: 'council-session', retention: 'session' })]
  ])

async function work(pullId: string, council: Council) {
  const told: string[][] = []
  const deps = {
    ...{ database: db(), endpoints: endpointsOf(council), now: Date.now, newId: systemIds.newId },
    onOutcome: (id: string, outcome: string) => void told.push([id, outcome])
  }
  await councilPullJob(pullId, source(), deps, log)
  return told
}

const messagesOf = (pullId: string) =>
  db().query<{ id: string; interface: string; state: string; authority: string; body: Buffer }>(
    'select id, interface, state, authority, body from inbox_message where pull_id = $1',
    [pullId]
  )
const pullOf = async (pullId: string) =>
  (await db().query('select state, outcome, detail from pull where id = $1', [pullId]))[0]

async function settle(pullId: string, council: Council, endpoints = endpointsOf(council)) {
  const [row] = await messagesOf(pullId)
  const message = await claimMessage(db(), row?.id ?? '', 10_000)
  if (!message || !isAnswer(message)) throw new Error('There is no answer')
  let invalid = 0
  const outcome = await settleCouncilAnswer(message, {
    ...{ database: db(), endpoints, validator, ids: systemIds, now: Date.now },
    onInvalid: (_source, count) => {
      invalid += count
    }
  })
  return { outcome, invalid }
}

const contributionOf = async (pullId: string) =>
  (
    await db().query<{ id: string; body: Buffer }>('select id, body from contribution where pull_id = $1', [
      pullId
    ])
  )[0]

/** Somebody of whom the council has a service and a contact. */
async function start(changes: Parameters<typeof meet>[2] = {}) {
  const person = nextPerson()
  const council = createCouncil(person.atCouncil)
  council.put('services', 's1')
  council.put('contacts', 'c1')
  const patientId = await meet(db(), person, changes)
  return { person, council, patientId, pullId: await request(db(), patientId) }
}

/** The whole way, from the question to the record. */
async function pull(pullId: string, council: Council): Promise<void> {
  await work(pullId, council)
  await settle(pullId, council)
  const contribution = await contributionOf(pullId)
  await apply(db(), contribution?.id ?? '')
}

const shown = async (patientId: string, authority = 'system') =>
  (
    await db().query<{ type: string }>(
      `select resource_type as type from view_entry
        where patient_id = $1 and authority = $2 and source_id like 'council-%' and to_version is null order by 1`,
      [patientId, authority]
    )
  ).map(({ type }) => type)

describe('a council is not asked', () => {
  test.each([
    ['about somebody restricted', { status: 'restricted' }, 'person-gate'],
    [
      'about somebody whom PDS was last asked about more than a day ago',
      { tracedAt: Date.now() - 24 * hour - 1 },
      'person-gate'
    ]
  ] as const)('%s', async (_case, changes, detail) => {
    const { council, pullId } = await start(changes)
    await work(pullId, council)
    expect(await pullOf(pullId)).toEqual({ state: 'done', outcome: 'failed', detail })
    expect([council.asked, await messagesOf(pullId)]).toEqual([[], []])
  })

  test.each([
    [
      'for one session, when its answers are kept',
      { authority: 'session-1', expiresAt: Date.now() + hour },
      'retention-rule'
    ],
    ['for everybody, when it tells one session only', { sourceId: 'council-session' }, 'retention-rule'],
    [
      'for a session that is over',
      { sourceId: 'council-session', authority: 'session-1', expiresAt: Date.now() - 1 },
      'session-over'
    ],
    ['when the catalogue does not have it any more', { sourceId: 'council-gone' }, 'not-configured']
  ])('%s', async (_case, changes, detail) => {
    const { council, patientId } = await start()
    const pullId = await request(db(), patientId, changes)
    await work(pullId, council)
    expect(await pullOf(pullId)).toMatchObject({ outcome: 'failed', detail })
    expect(council.asked).toEqual([])
  })

  test('twice for one pull', async () => {
    const { council, pullId } = await start()
    await Promise.all([work(pullId, council), work(pullId, council)])
    expect(await messagesOf(pullId)).toHaveLength(1)
  })
})

describe('an answer', () => {
  test('is kept as it came before anything is made of it, and announced to the social-care adapter', async () => {
    const { council, pullId, person } = await start()
    expect(await work(pullId, council)).toEqual([['council-api', 'answered']])
    const [message] = await messagesOf(pullId)
    expect(message).toMatchObject({ interface: 'social-care-council-api', state: 'received' })
    expect(JSON.parse(gunzipSync(message?.body ?? '').toString())).toMatchObject({
      mode: 'full',
      person: person.atCouncil
    })
    expect(await db().query('select queue from outbox_event where row_id = $1', [message?.id])).toEqual([
      { queue: 'map-social-care' }
    ])
  })

  test.each([
    [{ outcome: 'not-disclosed' }, null],
    [{ outcome: 'timed-out' }, null],
    [{ outcome: 'breaker-open' }, null],
    [{ outcome: 'failed', status: 429 }, '429'],
    [{ outcome: 'failed', code: 'no-token' }, 'no-token']
  ] as const)('that is none ends the pull with what the council said: %o', async (failure, detail) => {
    const { council, pullId } = await start()
    council.failing = failure
    await work(pullId, council)
    expect(await pullOf(pullId)).toEqual({ state: 'done', outcome: failure.outcome, detail })
  })
})

describe('a kept answer', () => {
  test('becomes a contribution to the record of the person who was asked about', async () => {
    const { council, pullId, patientId } = await start()
    await work(pullId, council)
    expect(await settle(pullId, council)).toEqual({ outcome: 'mapped', invalid: 0 })
    const { body } = (await contributionOf(pullId)) ?? {}
    const contribution = JSON.parse(gunzipSync(body ?? '').toString())
    const related = contribution.entries.find(
      ({ resourceType }: { resourceType: string }) => resourceType === 'RelatedPerson'
    )
    expect(related.resource.patient).toEqual({ reference: `Patient/${patientId}` })
  })

  test('about somebody else is refused as a whole', async () => {
    const { council, pullId } = await start()
    council.person = nextPerson().atCouncil
    await work(pullId, council)
    expect(await settle(pullId, council)).toMatchObject({ outcome: 'refused' })
    expect(await pullOf(pullId)).toMatchObject({
      state: 'done',
      outcome: 'refused-answer',
      detail: 'wrong-person'
    })
  })

  test('of somebody who was restricted since is refused, and nothing of it kept', async () => {
    const { council, pullId, person } = await start()
    await work(pullId, council)
    await meet(db(), person, { status: 'restricted' })
    expect(await settle(pullId, council)).toMatchObject({ outcome: 'refused' })
    expect(await messagesOf(pullId)).toMatchObject([{ state: 'refused', body: null }])
  })

  test('of a council that lets nothing be kept any more is refused, and nothing of it kept', async () => {
    const { council, pullId } = await start()
    await work(pullId, council)
    const endpoints = new Map([['council-api', endpointOf(council, { retention: 'session' })]])
    expect(await settle(pullId, council, endpoints)).toMatchObject({ outcome: 'refused' })
    expect(await messagesOf(pullId)).toMatchObject([{ state: 'refused', body: null }])
  })
})

describe('a record', () => {
  test('is asked for whole, then for its changes, and loses what is removed', async () => {
    const { council, patientId, pullId } = await start()
    await pull(pullId, council)
    expect(await shown(patientId)).toEqual(['EpisodeOfCare', 'Organization', 'Patient', 'RelatedPerson'])

    council.put('services', 's2', undefined, Date.now())
    council.remove('contacts', 'c1', Date.now())
    await pull(await request(db(), patientId), council)
    expect(briefly(council.asked)).toEqual(['all', 'changes'])
    expect(await shown(patientId)).toEqual(['EpisodeOfCare', 'EpisodeOfCare', 'Organization', 'Patient'])
  })

  test('that nothing changed in stays as it is', async () => {
    const { council, patientId, pullId } = await start()
    const version = async () =>
      (await db().query('select version from patient where id = $1', [patientId]))[0]
    await pull(pullId, council)
    const before = await version()
    await pull(await request(db(), patientId), council)
    expect([briefly(council.asked), await version()]).toEqual([['all', 'changes'], before])
  })

  test('of somebody whom the council knows no more is empty of what it told', async () => {
    const { council, patientId, pullId } = await start()
    await pull(pullId, council)
    council.isKnown = false
    await pull(await request(db(), patientId), council)
    expect(await shown(patientId)).toEqual([])
  })

  test('of a session is asked for whole each time, and kept for that session alone', async () => {
    const { council, patientId } = await start()
    const session = { sourceId: 'council-session', authority: 'session-1', expiresAt: Date.now() + hour }
    for (let time = 0; time < 2; time++) await pull(await request(db(), patientId, session), council)
    expect(briefly(council.asked)).toEqual(['all', 'all'])
    expect(await shown(patientId)).toEqual([])
    expect(await shown(patientId, 'session-1')).toContain('EpisodeOfCare')
  })

  test('of two people with one key worker holds that worker twice', async () => {
    const both = [await start(), await start()]
    for (const { council, pullId } of both) {
      const findPerson: typeof council.client.findPerson = async (search) => {
        const found = await council.client.findPerson(search)
        if (found.outcome !== 'answered') return found
        const answer = JSON.parse(Buffer.from(found.body).toString())
        const body = Buffer.from(JSON.stringify({ ...answer, keyWorker: { id: 'w1', name: 'Jo Tern' } }))
        return { ...found, body }
      }
      await pull(pullId, { ...council, client: { ...council.client, findPerson } })
    }
    for (const { patientId } of both)
      expect(await shown(patientId)).toEqual(
        expect.arrayContaining(['CareTeam', 'Practitioner', 'PractitionerRole'])
      )
  })
})

test('the log says which source was not asked and why, and nobody’s name or number', async () => {
  const { council, pullId, person } = await start({ status: 'redacted' })
  await work(pullId, council)
  expect(lines.join('')).toMatch(/"sourceId":"council-api","reason":"person-gate","msg":"not asked"/)
  expect(lines.join('')).not.toMatch(new RegExp(`${person.nhsNumber}|${person.family}`))
})
