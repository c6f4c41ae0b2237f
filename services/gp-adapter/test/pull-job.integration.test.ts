import { gunzipSync, gzipSync } from 'node:zlib'
import { mergePersons, systemIds } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { pullJob } from '../src/pull-job.ts'
import {
  type Answers,
  answered,
  createPracticesThat,
  type GpPatient,
  log,
  logged,
  meet,
  nextPatient,
  object,
  readPull,
  request,
  sessionSource,
  source,
  structuredOnly,
  useDatabase
} from './support/surgery.ts'

const { database: db } = useDatabase()
const organisations = new Map([['R9Z', { odsCode: 'R9Z', name: 'A trust', asid: '2' }]])
const hour = 3_600_000

/** Works on a pull with practices that answer so. @returns the questions they were asked. */
async function work(
  pullId: string,
  answers: Answers = {},
  sources?: Parameters<typeof createPracticesThat>[1]
) {
  const { asked, practices } = createPracticesThat(answers, sources)
  const deps = {
    database: db(),
    practices,
    organisations,
    now: Date.now,
    newId: systemIds.newId,
    onOutcome: () => undefined
  }
  await pullJob(pullId, source(), deps, log)
  return asked
}

const answers = ({ record, documents }: GpPatient): Answers => ({
  structured: async () => answered(record),
  documents: async () => answered(documents)
})

const messages = (pullId: string) =>
  db().query(
    'select interface, state, authority, expires_at, body from inbox_message where pull_id = $1 order by 1 desc',
    [pullId]
  )

describe('no practice is asked', () => {
  const refuse = async (
    pullId: string,
    reason: string,
    sources?: Parameters<typeof createPracticesThat>[1]
  ) => {
    expect(await work(pullId, {}, sources)).toEqual([])
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'done', outcome: 'failed', detail: reason })
    expect(await messages(pullId)).toEqual([])
  }

  test('for a pull that is not there', async () => {
    expect(await work(systemIds.newId())).toEqual([])
  })

  test('for somebody who was restricted since the pull was asked for', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    await meet(db(), patient, { status: 'restricted' })
    await refuse(pullId, 'person-gate')
  })

  test('for somebody who has objected since', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    await object(db(), patient)
    await refuse(pullId, 'person-gate')
  })

  test.each([
    [
      'whom PDS was last asked about more than a day ago',
      { tracedAt: Date.now() - 24 * hour - 1 },
      'person-gate'
    ],
    ['who has died', { patient: { deceasedDateTime: '2026-01-01' } }, 'deceased'],
    ['who is registered elsewhere by now', { patient: { generalPractitioner: [] } }, 'not-registered-here']
  ])('for somebody %s', async (_case, changes, reason) => {
    await refuse(await request(db(), await meet(db(), nextPatient(), changes)), reason)
  })

  test.each([
    ['by a source that is not in the catalogue any more', { sourceId: 'gp-gone' }, 'not-configured'],
    [
      'in the name of an organisation that may not ask',
      { reader: { userId: 'u', organisation: 'X9X' } },
      'organisation-not-enabled'
    ],
    ['for everybody, when the source tells one session only', { sourceId: 'gp-session' }, 'retention-rule'],
    [
      'for one session, when the source’s answers are kept',
      { authority: 'session-1', expiresAt: Date.now() + hour },
      'retention-rule'
    ],
    [
      'for a session that is over',
      { sourceId: 'gp-session', authority: 'session-1', expiresAt: Date.now() - 1 },
      'session-over'
    ]
  ])('%s', async (_case, changes, reason) => {
    await refuse(await request(db(), await meet(db(), nextPatient()), changes), reason)
  })

  test('once five attempts have each ended their worker', async () => {
    const pullId = await request(db(), await meet(db(), nextPatient()))
    await db().query(`update pull set attempt = 5, state = 'asking', lease_until = now() where id = $1`, [
      pullId
    ])
    await refuse(pullId, 'dead-letter')
  })
})

describe('a pull', () => {
  test('that comes twice is asked once', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    const asked = await Promise.all([work(pullId, answers(patient)), work(pullId, answers(patient))])
    expect(asked.flat()).toHaveLength(1)
    expect(await work(pullId, answers(patient))).toEqual([])
    expect(await messages(pullId)).toHaveLength(2)
  })

  test('asks in the reader’s name, by the number that the person has now', async () => {
    const [former, present] = [nextPatient(), nextPatient()]
    const [from, into] = [await meet(db(), former), await meet(db(), present)]
    const pullId = await request(db(), from)
    const merge = { from, into, reason: 'test', linkId: systemIds.newId() }
    await db().transaction((sql) => mergePersons(sql, merge, systemIds))
    const asked = await work(pullId, answers(present))
    expect(asked).toMatchObject([
      { nhsNumber: present.nhsNumber, reader: { userId: 'u' }, organisation: { odsCode: 'R9Z', asid: '2' } }
    ])
    const [message] = await db().query(
      'select distinct patient_id as id from inbox_message where pull_id = $1',
      [pullId]
    )
    expect(message).toEqual({ id: into })
  })

  test('whose worker was interrupted is asked again when its time is over, and not before', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    const defect = { ...answers(patient), structured: () => Promise.reject(new Error('Zyxcanary')) }
    await expect(work(pullId, defect)).rejects.toThrow()
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'asking', attempt: 1 })
    expect(await work(pullId, answers(patient))).toEqual([])
    await db().query('update pull set lease_until = now() where id = $1', [pullId])
    expect(await work(pullId, answers(patient))).toHaveLength(1)
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'answered', attempt: 2 })
  })

  test('that was ended while the practice thought keeps nothing of a late answer', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    const late = async () => {
      await db().query(`update pull set state = 'done', outcome = 'failed' where id = $1`, [pullId])
      return answered(patient.record)
    }
    await work(pullId, { structured: late })
    expect(await messages(pullId)).toEqual([])
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'done', outcome: 'failed' })
  })

  test.each([
    [{ outcome: 'not-disclosed' }, null],
    [{ outcome: 'refused-by-consent' }, null],
    [{ outcome: 'timed-out' }, null],
    [{ outcome: 'breaker-open' }, null],
    [{ outcome: 'failed', status: 500 }, '500'],
    [{ outcome: 'failed', status: 400, code: 'INVALID_NHS_NUMBER' }, 'INVALID_NHS_NUMBER']
  ] as const)('ends with what the practice said instead of an answer: %o', async (outcome, detail) => {
    const pullId = await request(db(), await meet(db(), nextPatient()))
    await work(pullId, { structured: async () => outcome })
    expect(await readPull(db(), pullId)).toMatchObject({ state: 'done', outcome: outcome.outcome, detail })
  })
})

describe('an answer', () => {
  test('is kept as it came, and announced for mapping in the same moment', async () => {
    const patient = nextPatient()
    const pullId = await request(db(), await meet(db(), patient))
    const gzip = gzipSync(JSON.stringify(patient.record), { level: 9 })
    const compressed = { ...answered(patient.record), gzip } as Awaited<
      ReturnType<NonNullable<Answers['structured']>>
    >
    await work(pullId, { ...answers(patient), structured: async () => compressed })
    const [structured, documents] = await messages(pullId)
    expect(structured.body.equals(gzip)).toBe(true)
    expect(JSON.parse(gunzipSync(documents.body).toString())).toEqual(patient.documents)
    const events = await db().query(
      `select queue from outbox_event join inbox_message m on m.id = row_id where m.pull_id = $1`,
      [pullId]
    )
    expect(events).toEqual([{ queue: 'map-gp' }])
  })

  test('for one session is kept for that session, and no longer', async () => {
    const patient = nextPatient()
    const expiresAt = Date.now() + hour
    const session = { sourceId: sessionSource.id, authority: 'session-1', expiresAt }
    const pullId = await request(db(), await meet(db(), patient), session)
    await work(pullId, answers(patient))
    expect(await messages(pullId)).toMatchObject(
      Array(2).fill({ authority: 'session-1', expires_at: expiresAt })
    )
  })

  test('without its documents says that they failed', async () => {
    const patient = nextPatient()
    const id = await meet(db(), patient)
    const pullId = await request(db(), id)
    await work(pullId, { ...answers(patient), documents: async () => ({ outcome: 'timed-out' }) })
    expect(await messages(pullId)).toMatchObject([{ interface: 'gp-connect-structured' }])
    expect(await db().query('select section, state from source_section where patient_id = $1', [id])).toEqual(
      [{ section: 'documents', state: 'failed' }]
    )
  })

  test('of a practice without documents says nothing about them', async () => {
    const patient = nextPatient()
    const id = await meet(db(), patient)
    const pullId = await request(db(), id, { sourceId: structuredOnly.id })
    await work(pullId, { ...answers(patient), documents: () => Promise.reject(new Error('not to be asked')) })
    expect(await messages(pullId)).toMatchObject([{ interface: 'gp-connect-structured' }])
    expect(await db().query('select section from source_section where patient_id = $1', [id])).toEqual([])
  })
})

test('the log says of a person that was not asked about which source and why, and nobody’s name or number', async () => {
  const patient = nextPatient()
  await work(await request(db(), await meet(db(), patient, { status: 'redacted' })))
  expect(logged()).toMatch(/"sourceId":"gp-here","reason":"person-gate","msg":"not asked"/)
  expect(logged()).not.toMatch(new RegExp(`${patient.nhsNumber}|${patient.family}|Zyxcanary`))
})
