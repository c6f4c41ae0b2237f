import { gunzipSync, gzipSync } from 'node:zlib'
import type { Contribution } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import {
  claimMessage,
  claimPull,
  isAnswer,
  receiveAnswer,
  settleMapped,
  systemIds
} from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { type MapDeps, mapJob } from '../src/map-job.ts'
import { documentsInterface, structuredInterface } from '../src/pull-job.ts'
import {
  createPracticesThat,
  type GpPatient,
  log,
  logged,
  meet,
  nextPatient,
  object,
  readPull,
  request,
  source,
  useDatabase
} from './support/surgery.ts'

const { database: db } = useDatabase()
const { practices } = createPracticesThat({})

interface Arrival {
  readonly patient: GpPatient
  readonly structured?: unknown
  readonly documents?: unknown
}

/** Somebody whose practice has just answered. */
async function arrive({ patient, structured = patient.record, documents }: Arrival) {
  const patientId = await meet(db(), patient)
  const pullId = await request(db(), patientId)
  const pull = await claimPull(db(), pullId, 10_000)
  const toMessage = (name: string, content: unknown) => ({
    id: systemIds.newId(),
    interface: name,
    body: gzipSync(typeof content === 'string' ? content : JSON.stringify(content)),
    bodyHash: systemIds.contentHash(name)
  })
  const leading = toMessage(structuredInterface, structured)
  const companions = documents === undefined ? [] : [toMessage(documentsInterface, documents)]
  await db().transaction((sql) =>
    receiveAnswer(sql, {
      pullId,
      patientId,
      sourceId: 'gp-here',
      authority: 'system',
      attempt: pull?.attempt ?? 0,
      sourceTime: pull?.beganAt ?? 0,
      expiresAt: null,
      messages: [leading, ...companions],
      failedSections: []
    })
  )
  return { patientId, pullId, messageId: leading.id }
}

/** @returns what became of it, and how many items were invalid. */
async function work(messageId: string, changes: Partial<MapDeps> = {}) {
  const outcomes: string[] = []
  let invalid = 0
  const deps: MapDeps = {
    database: db(),
    practices,
    validator: { validate: () => [] },
    ids: systemIds,
    now: Date.now,
    leaseMs: 30_000,
    onOutcome: (_source, outcome) => void outcomes.push(outcome),
    onInvalid: (_source, count) => {
      invalid += count
    },
    ...changes
  }
  await mapJob(messageId, deps, log)
  return { outcomes, invalid }
}

async function readMessage(id: string) {
  const [row] = await db().query<{ state: string; reason: string | null; kept: boolean; attempt: number }>(
    'select state, reason, body is not null as kept, attempt from inbox_message where id = $1',
    [id]
  )
  return row
}

async function contributionsOf(messageId: string): Promise<Contribution[]> {
  const rows = await db().query<{ body: Buffer }>(
    'select body from contribution where inbox_message_id = $1',
    [messageId]
  )
  return rows.map(({ body }) => JSON.parse(gunzipSync(body).toString()))
}

const announcedToApply = (messageId: string) =>
  db().query(
    `select attempt from outbox_event where queue = 'apply'
        and row_id in (select id from contribution where inbox_message_id = $1)`,
    [messageId]
  )

describe('a message', () => {
  test('that is not there is nothing to do', async () => {
    expect(await work(systemIds.newId())).toEqual({ outcomes: [], invalid: 0 })
  })

  test('that comes twice, or again when it is done, is mapped once', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    const runs = await Promise.all([work(messageId), work(messageId), work(messageId)])
    expect(runs.flatMap(({ outcomes }) => outcomes)).toEqual(['mapped'])
    expect((await work(messageId)).outcomes).toEqual([])
    expect(await contributionsOf(messageId)).toHaveLength(1)
    expect(await announcedToApply(messageId)).toEqual([{ attempt: 0 }])
  })

  test('that another worker has in hand is left to it', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    await claimMessage(db(), messageId, 30_000)
    expect((await work(messageId)).outcomes).toEqual([])
  })

  test('whose worker took too long is mapped once all the same', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    const slow = work(messageId, { leaseMs: 0 })
    const outcomes = await Promise.all([slow, work(messageId, { leaseMs: 0 })])
    expect(outcomes.flatMap((run) => run.outcomes)).toContain('mapped')
    expect(await contributionsOf(messageId)).toHaveLength(1)
  })

  test('holds its documents in the same contribution', async () => {
    const patient = nextPatient()
    const { messageId } = await arrive({ patient, documents: patient.documents })
    await work(messageId)
    const [contribution] = await contributionsOf(messageId)
    expect(contribution?.sections.map(({ section }) => section)).toContain('documents')
    const companion = await db().query('select state from inbox_message where companion_of = $1', [messageId])
    expect(companion).toEqual([{ state: 'mapped' }])
  })

  test.each([
    ['another person’s', (other: GpPatient) => other.documents],
    ['no list', () => '<html>'],
    ['something else', () => ({ resourceType: 'Patient' })]
  ])('whose documents are %s is mapped without them, and says so', async (_case, documents) => {
    const patient = nextPatient()
    const { messageId } = await arrive({ patient, documents: documents(nextPatient()) })
    expect((await work(messageId)).outcomes).toEqual(['mapped'])
    const [contribution] = await contributionsOf(messageId)
    expect(contribution?.sections).toContainEqual({
      section: 'documents',
      state: 'not-returned',
      warnings: [],
      complete: false
    })
    expect(contribution?.entries.some(({ resourceType }) => resourceType === 'DocumentReference')).toBe(false)
  })

  test('has items that are not valid FHIR kept out, counted and named, and the rest goes on', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    const isInvalid = ({ resourceType }: Resource) => resourceType === 'AllergyIntolerance'
    const { outcomes, invalid } = await work(messageId, {
      validator: {
        validate: (resource) =>
          isInvalid(resource)
            ? [{ layer: 'rules', expression: 'AllergyIntolerance.code', message: 'wrong' }]
            : []
      } as MapDeps['validator']
    })
    const [contribution] = await contributionsOf(messageId)
    expect(outcomes).toEqual(['mapped'])
    expect(invalid).toBeGreaterThan(0)
    expect(contribution?.quarantined).toHaveLength(invalid)
    expect(contribution?.quarantined).toContainEqual(
      expect.objectContaining({ reason: 'invalid', expression: 'AllergyIntolerance.code' })
    )
    expect(contribution?.entries.filter(({ resource }) => resource && isInvalid(resource))).toEqual([])
    expect(contribution?.entries.length).toBeGreaterThan(0)
  })
})

test('an answer that was accepted is mapped though PDS was last asked more than a day ago', async () => {
  const patient = nextPatient()
  const { messageId } = await arrive({ patient })
  const tomorrow = Date.now() + 24 * 3_600_000 + 60_000
  expect((await work(messageId, { now: () => tomorrow })).outcomes).toEqual(['mapped'])
  expect(await contributionsOf(messageId)).toHaveLength(1)
})

describe('an answer is refused', () => {
  test.each([
    ['that is another person’s', (other: GpPatient) => other.record],
    ['that is no record', () => ({ resourceType: 'OperationOutcome' })],
    ['that is no JSON', () => '<html>']
  ])('%s, kept as evidence, and readers see that the source’s answer was refused', async (_case, answer) => {
    const { messageId, pullId } = await arrive({ patient: nextPatient(), structured: answer(nextPatient()) })
    expect((await work(messageId)).outcomes).toEqual(['refused'])
    const message = await readMessage(messageId)
    expect(message).toMatchObject({ state: 'refused', reason: expect.any(String), kept: true })
    expect(await readPull(db(), pullId)).toMatchObject({
      state: 'done',
      outcome: 'refused-answer',
      detail: message?.reason
    })
    expect(await contributionsOf(messageId)).toEqual([])
  })

  test.each([
    ['was restricted', (patient: GpPatient) => meet(db(), patient, { status: 'very-restricted' })],
    ['has objected', (patient: GpPatient) => object(db(), patient)]
  ])('and nothing of it is kept, when the person %s since it was asked for', async (_case, close) => {
    const patient = nextPatient()
    const { messageId, pullId } = await arrive({ patient, documents: patient.documents })
    await close(patient)
    expect((await work(messageId)).outcomes).toEqual(['refused'])
    expect(await readMessage(messageId)).toMatchObject({
      state: 'refused',
      reason: 'person-gate',
      kept: false
    })
    const companion = await db().query('select state, body from inbox_message where companion_of = $1', [
      messageId
    ])
    expect(companion).toEqual([{ state: 'refused', body: null }])
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'done', outcome: 'refused-answer' })
  })

  test('that would be kept though its source’s answers are for one session only by now: nothing of it is', async () => {
    const { messageId, pullId } = await arrive({ patient: nextPatient() })
    const changed = createPracticesThat({}, [source({ retention: 'session' })]).practices
    expect((await work(messageId, { practices: changed })).outcomes).toEqual(['refused'])
    expect(await readMessage(messageId)).toMatchObject({ reason: 'retention-rule', kept: false })
    expect(await readPull(db(), pullId)).toMatchObject({
      outcome: 'refused-answer',
      detail: 'retention-rule'
    })
  })

  test('that came from a source which is not in the catalogue any more', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    const others = createPracticesThat({}, [source({ id: 'gp-other' })]).practices
    expect((await work(messageId, { practices: others })).outcomes).toEqual(['refused'])
    expect(await contributionsOf(messageId)).toEqual([])
  })
})

describe('a defect of ours', () => {
  const defect = {
    validator: {
      validate: () => {
        throw new Error('Zyxcanary')
      }
    }
  }
  const makeDue = (id: string) =>
    db().query('update inbox_message set lease_until = now() where id = $1', [id])

  test('is tried five times, later each time, then the message is set aside and readers see that the source failed', async () => {
    const { messageId, pullId } = await arrive({ patient: nextPatient() })
    const outcomes: string[] = []
    for (let attempt = 1; attempt <= 5; attempt++) {
      outcomes.push(...(await work(messageId, defect)).outcomes)
      expect((await work(messageId)).outcomes).toEqual([])
      await makeDue(messageId)
    }
    expect(outcomes).toEqual(['retried', 'retried', 'retried', 'retried', 'dead'])
    expect(await readMessage(messageId)).toMatchObject({
      state: 'dead',
      reason: 'unexpected error while mapping',
      kept: true
    })
    expect(await readPull(db(), pullId)).toMatchObject({
      state: 'done',
      outcome: 'failed',
      detail: 'dead-letter'
    })
    expect(logged()).not.toContain('Zyxcanary')
  })

  test('sets the documents aside with the message, and a worker that comes too late keeps nothing of it', async () => {
    const { messageId } = await arrive({ patient: nextPatient(), documents: { resourceType: 'Bundle' } })
    await db().query('update inbox_message set attempt = 4 where id = $1', [messageId])
    const late = await claimMessage(db(), messageId, 30_000)
    await makeDue(messageId)
    await db().query('update inbox_message set attempt = 4 where id = $1', [messageId])
    expect((await work(messageId, defect)).outcomes).toEqual(['dead'])
    const companion = await db().query('select state from inbox_message where companion_of = $1', [messageId])
    expect(companion).toEqual([{ state: 'dead' }])
    if (!late || !isAnswer(late)) throw new Error('The message could not be claimed')
    const mapped = { contributionId: systemIds.newId(), body: gzipSync('{}'), contentHash: 'late' }
    expect(await db().transaction((sql) => settleMapped(sql, late, mapped))).toBe(false)
    expect(await contributionsOf(messageId)).toEqual([])
  })

  test('that is mended in between is no harm', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    await work(messageId, defect)
    await makeDue(messageId)
    expect((await work(messageId)).outcomes).toEqual(['mapped'])
  })

  test('that ended five workers is not let at a sixth', async () => {
    const { messageId } = await arrive({ patient: nextPatient() })
    await db().query('update inbox_message set attempt = 5, lease_until = now() where id = $1', [messageId])
    expect((await work(messageId)).outcomes).toEqual(['dead'])
    expect(await readMessage(messageId)).toMatchObject({
      state: 'dead',
      reason: 'every attempt ended its worker'
    })
  })
})

test('a message without its content fails rather than empties the record', async () => {
  const { messageId } = await arrive({ patient: nextPatient() })
  await db().query('update inbox_message set body = null where id = $1', [messageId])
  expect((await work(messageId)).outcomes).toEqual(['retried'])
  expect(await contributionsOf(messageId)).toEqual([])
})
