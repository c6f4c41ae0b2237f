import type { AllergyIntolerance, Bundle, MedicationStatement } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateServer, startRedis } from '../support/databases.ts'
import {
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type Stack,
  startStack
} from '../support/stack.ts'

let stack: Stack
let redis: PrivateServer
const unused: SandboxPerson[] = []
beforeAll(async () => {
  redis = await startRedis()
  stack = await startStack({
    redisUrl: redis.url,
    env: { sandbox: { SANDBOX_PEOPLE: '60', SANDBOX_PRACTICES: '60' } },
    // So that every read asks again: what is tested is what the answer does to the record.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, timeoutMs: 3_000 }))
    })
  })
  unused.push(...(await stack.people()).filter(({ kind }) => kind === 'ordinary'))
})
afterAll(async () => {
  await stack?.stop()
  await redis?.stop()
})

/** An ordinary person whom no other test has met, at a practice that no other test has troubled. */
const troubled = new Set<string>()
function someoneNew(): SandboxPerson {
  const at = unused.findIndex(({ practice }) => !troubled.has(practice))
  const [person] = unused.splice(at, 1)
  if (!person || at < 0) throw new Error('The sandbox has too few people for this file')
  troubled.add(person.practice)
  return person
}

async function known(): Promise<SandboxPerson & { id: string }> {
  const person = someoneNew()
  const id = (await stack.findPerson(person.nhsNumber)) as string
  await stack.settle(id)
  return { ...person, id }
}

const everything = (id: string, wait?: number) =>
  stack.ask(`Patient/${id}/$everything`, wait === undefined ? {} : { headers: { prefer: `wait=${wait}` } })
const refresh = (id: string) =>
  stack.ask(`Patient/${id}/$refresh`, { method: 'POST', headers: { prefer: 'wait=8' } })
const behave = (practice: string, behaviour: object) =>
  stack.control('PUT', `practices/${practice}/behaviour`, behaviour)
const edit = (nhsNumber: string, change: object) => stack.control('POST', `people/${nhsNumber}/edits`, change)
const leading = (bundle: Bundle) => codesOf(outcomeOf(bundle))[0]

describe('what a later answer no longer says', () => {
  test('a deleted allergy leaves the current record and stays in its history', async () => {
    const { id, nhsNumber } = await known()
    const before = resourcesOf<AllergyIntolerance>((await everything(id)).body, 'AllergyIntolerance')
    await edit(nhsNumber, { edit: 'remove-allergy' })
    await refresh(id)
    const after = resourcesOf((await everything(id)).body, 'AllergyIntolerance')
    expect(after).toHaveLength(before.length - 1)
    const gone = before.find((one) => !after.some((other) => other.id === one.id)) as AllergyIntolerance
    expect((await stack.ask(`AllergyIntolerance/${gone.id}`)).status).toBe(410)
    const { body } = await stack.ask(`AllergyIntolerance/${gone.id}/_history`)
    expect(body.entry?.map(({ request }) => request?.method)).toEqual(['DELETE', 'PUT', 'GET'])
    expect(body.entry?.[1]?.resource).toEqual(gone)
  })

  test('a stopped medicine is no longer current, and both wordings are in its history', async () => {
    const { id, nhsNumber } = await known()
    const before = resourcesOf<MedicationStatement>((await everything(id)).body, 'MedicationStatement')
    await edit(nhsNumber, { edit: 'stop-medicine' })
    await refresh(id)
    const after = resourcesOf<MedicationStatement>((await everything(id)).body, 'MedicationStatement')
    const changed = after.filter((one) =>
      before.some((other) => other.id === one.id && other.status !== one.status)
    )
    expect(changed.map(({ status }) => status)).toEqual(['stopped'])
    const { body } = await stack.ask(`MedicationStatement/${changed[0]?.id}/_history`)
    expect(body.total).toBe(2)
  })
})

describe('an answer that fails or is partial removes nothing', () => {
  test.each([
    ['an error', { kind: 'fail', status: 500 }, 'failed'],
    ['a web page', { kind: 'garbage', content: 'html' }, 'failed'],
    ['a record cut off in the middle', { kind: 'garbage', content: 'truncated' }, 'failed'],
    ['JSON that is no FHIR', { kind: 'garbage', content: 'not-fhir' }, 'refused-answer'],
    ['a reset connection', { kind: 'reset' }, 'failed'],
    ['silence', { kind: 'hang' }, 'timed-out'],
    ['404', { kind: 'not-found' }, 'not-disclosed'],
    ['another person’s record', { kind: 'other-patient' }, 'refused-answer']
  ])('%s', async (_case, behaviour, code) => {
    const { id, practice } = await known()
    const before = resourcesOf((await everything(id)).body)
    await behave(practice, behaviour)
    await refresh(id)
    const { body } = await everything(id, 0)
    await behave(practice, { kind: 'healthy' })
    expect(leading(body)).toEqual(expect.arrayContaining([code, 'stored']))
    expect(leading(body)?.[0]).toBe(code)
    expect(resourcesOf(body)).toEqual(before)
  })

  test('a section that is switched off', async () => {
    const { id, nhsNumber } = await known()
    const before = resourcesOf((await everything(id)).body, 'AllergyIntolerance')
    await edit(nhsNumber, { edit: 'unsupported', section: 'allergies' })
    await refresh(id)
    const { body } = await everything(id)
    expect(leading(body)).toEqual(expect.arrayContaining(['live', 'section-unsupported']))
    expect(resourcesOf(body, 'AllergyIntolerance')).toEqual(before)
  })
})

test('a refusal of consent hides what we hold, also while the practice is away, until it answers again', async () => {
  const { id, practice } = await known()
  const before = resourcesOf((await everything(id)).body)
  await behave(practice, { kind: 'no-consent' })
  await refresh(id)
  const refused = (await everything(id)).body
  expect(leading(refused)).toEqual(['refused-by-consent'])
  expect(resourcesOf(refused).map(({ resourceType }) => resourceType)).toEqual(['Patient'])
  await behave(practice, { kind: 'hang' })
  await refresh(id)
  expect(resourcesOf((await everything(id, 0)).body)).toHaveLength(1)
  await behave(practice, { kind: 'healthy' })
  await refresh(id)
  expect(resourcesOf((await everything(id)).body)).toEqual(before)
})

test('an item about somebody else is kept out, the rest lands, and the reader is told whom to ring', async () => {
  const { id, nhsNumber } = await known()
  const before = resourcesOf((await everything(id)).body)
  await edit(nhsNumber, { edit: 'foreign-item' })
  await refresh(id)
  const { body, text } = await everything(id)
  expect(leading(body)).toContain('quarantined')
  expect(outcomeOf(body).issue[0]?.details?.text).toMatch(/Ring [\d ]+ about them/)
  expect(resourcesOf(body).length).toBeGreaterThanOrEqual(before.length - 3)
  expect(text).not.toContain('somebody-else')
})

test.each([
  ['a bad date', 'bad-date'],
  ['a code without meaning', 'degrade-code']
])('an allergy with %s is shown as text, marked', async (_case, name) => {
  const { id, nhsNumber } = await known()
  const before = resourcesOf((await everything(id)).body, 'AllergyIntolerance')
  await edit(nhsNumber, { edit: name })
  await refresh(id)
  const { body } = await everything(id)
  expect(resourcesOf(body, 'AllergyIntolerance')).toHaveLength(before.length)
  if (name === 'bad-date') expect(leading(body)).toContain('degraded-items')
})

describe('when the person has moved to another practice', () => {
  test('the former practice’s words are labelled, and no longer current once the new one has answered in full', async () => {
    const { id, nhsNumber, practice } = await known()
    const other = someoneNew()
    const before = resourcesOf((await everything(id)).body)
    await stack.control('PATCH', `people/${nhsNumber}`, { practice: other.practice, inTransit: true })
    await stack.database.query(
      `update pds_trace set traced_at = traced_at - interval '25 hours' where nhs_number = $1`,
      [nhsNumber]
    )
    await stack.database.query('update patient set revision = revision + 1 where id = $1', [id])
    await everything(id, 8)

    const inTransit = (await everything(id)).body
    expect(codesOf(outcomeOf(inTransit)).map(([lead]) => lead)).toEqual(['live', 'former'])
    const former = resourcesOf(inTransit).filter(({ meta }) =>
      meta?.tag?.some(({ code }) => code === 'former-practice')
    )
    expect(former).toHaveLength(before.length - 1)

    await stack.control('PATCH', `people/${nhsNumber}`, { inTransit: false })
    await refresh(id)
    const complete = (await everything(id)).body
    expect(codesOf(outcomeOf(complete)).map(([lead]) => lead)).toEqual(['live', 'superseded-former'])
    expect(JSON.stringify(resourcesOf(complete))).not.toContain('former-practice')
    const counters = (await stack.control('GET', `practices/${practice}`)) as { requests: object }
    expect(counters.requests).toBeDefined()
  })
})

describe('with one practice hanging and one failing', () => {
  async function trio() {
    const [hanging, failing, healthy] = [someoneNew(), someoneNew(), someoneNew()]
    await behave(hanging.practice, { kind: 'hang' })
    await behave(failing.practice, { kind: 'fail', status: 500 })
    const people = [hanging, failing, healthy]
    const ids = await Promise.all(people.map(({ nhsNumber }) => stack.findPerson(nhsNumber)))
    const answers = await Promise.all(ids.map((id) => everything(id as string, 2)))
    await behave(hanging.practice, { kind: 'healthy' })
    await behave(failing.practice, { kind: 'healthy' })
    return { hanging, failing, healthy, answers }
  }

  test('each read answers in time, with the state of its own practice', async () => {
    const { answers } = await trio()
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    for (const { elapsedMs } of answers) expect(elapsedMs).toBeLessThan(2_500)
    expect(answers.map(({ body }) => leading(body)?.[0])).toEqual(['pending', 'failed', 'live'])
    expect(resourcesOf(answers[2]?.body as Bundle).length).toBeGreaterThan(10)
  })

  test('the same holds with Redis stopped, and everything is as before when it is back', async () => {
    await redis.kill9()
    const { answers } = await trio()
    for (const { status, elapsedMs } of answers) {
      expect(status).toBe(200)
      expect(elapsedMs).toBeLessThan(2_500)
    }
    expect(answers.map(({ body }) => leading(body)?.[0])).toEqual(['pending', 'failed', 'live'])
    await redis.restart()
    const { id } = await known()
    expect(leading((await everything(id)).body)?.[0]).toBe('live')
  })
})
