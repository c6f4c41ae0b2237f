import { randomUUID } from 'node:crypto'
import type { AuditEvent } from '@chesil/fhir'
import { OutcomeError } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { createPersons } from '../../../tests/support/people.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { createSubscribers } from './subscriber.ts'
import { openGateway } from './support.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)
const { ask, assertPerson, join, subscribe } = createSubscribers(db, gateway)
const persons = createPersons(db)

interface Person {
  readonly id: string
  readonly nhsNumber: string
  readonly relationship: string
}

async function listed(partner: Awaited<ReturnType<typeof join>>, subscriptionId: string) {
  const answer = await ask(partner, `/subscriptions/${subscriptionId}/persons`)
  return answer.json<{ persons: Person[] }>().persons
}

async function auditRows(): Promise<readonly AuditEvent[]> {
  const rows = await db().query<{ body: string }>('select body from audit_event order by recorded_at')
  return rows.map(({ body }) => JSON.parse(body) as AuditEvent)
}

describe('naming a person', () => {
  test('is answered alike, and asks for as much, whether they are known, restricted or unheard of', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const [known, restricted, unknown] = [persons.next(), persons.next(), persons.next()]
    await persons.trace({ asked: known })
    await persons.trace({ asked: restricted, status: 'restricted' })
    const answers = []
    for (const number of [known, restricted, unknown]) {
      const { statusCode, headers, body } = await assertPerson(partner, id, number)
      const { id: assertion, nhsNumber, assertedAt, ...rest } = JSON.parse(body)
      expect(nhsNumber).toBe(number)
      const { date: _, 'x-request-id': __, 'content-length': length, ...others } = headers
      answers.push({ statusCode, others, length, rest, types: [typeof assertion, typeof assertedAt] })
    }
    expect(answers[0]?.statusCode).toBe(201)
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    // The same statements, of tables that know nothing of persons: so there is nothing that could take longer.
    expect(await listed(partner, id)).toHaveLength(3)
  })

  test('looks at no table of persons', async () => {
    const asked: string[] = []
    const watched = watch(asked)
    const other = createSubscribers(db, watched)
    const partner = await other.join()
    const { id } = await other.subscribe(partner)
    asked.length = 0
    expect((await other.assertPerson(partner, id, persons.next())).statusCode).toBe(201)
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.filter((text) => /\bpatient\b|patient_identifier|trace/.test(text))).toEqual([])
  })

  test('again changes nothing; for another reason, or with another birth date, takes the place of before', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const number = persons.next()
    const first = (await assertPerson(partner, id, number)).json<Person>()
    expect((await assertPerson(partner, id, number)).json()).toEqual(first)
    const next = await assertPerson(partner, id, number, { relationship: 'outpatient' })
    expect(next.statusCode).toBe(201)
    await assertPerson(partner, id, number, { birthDate: '1950-04-22', relationship: 'outpatient' })
    expect(await listed(partner, id)).toEqual([
      expect.objectContaining({ nhsNumber: number, birthDate: '1950-04-22', relationship: 'outpatient' })
    ])
  })

  test('at once from several sides leaves one', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const number = persons.next()
    const reasons = ['inpatient', 'outpatient', 'emergency', 'referred', 'inpatient', 'maternity']
    const answers = await Promise.all(
      reasons.map((relationship) => assertPerson(partner, id, number, { relationship }))
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(reasons.map(() => 201))
    expect(await listed(partner, id)).toHaveLength(1)
  })

  test('is audited with who said what, before it takes effect', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const number = persons.next()
    await assertPerson(partner, id, number)
    const mine = (await auditRows()).filter(({ agent }) =>
      agent.some(({ who }) => who?.identifier?.value === partner.id)
    )
    expect(mine).toHaveLength(1)
    expect(mine[0]?.subtype?.[0]?.display).toBe('$assert-person')
    const query = mine[0]?.entity?.find((entity) => entity.query !== undefined)?.query ?? ''
    expect(Buffer.from(query, 'base64').toString()).toContain(`"nhsNumber":"${number}"`)
  })

  test('does not take effect where it cannot be audited', async () => {
    const refuse = async (): Promise<never> => {
      throw new OutcomeError('unavailable', 'It could not be audited')
    }
    const deaf = createSubscribers(db, openGateway(db, { audit: { assertion: refuse, told: refuse } }))
    const partner = await deaf.join()
    const { id } = await deaf.subscribe(partner)
    expect((await deaf.assertPerson(partner, id, persons.next())).statusCode).toBe(503)
    expect(await listed(partner, id)).toEqual([])
  })

  test.each([
    ['a number that is none', { nhsNumber: '9990000019' }],
    ['a birth date that is no day', { birthDate: '1950-02-30' }],
    ['a birth date that is half of one', { birthDate: '1950-04' }],
    ['a reason that is none', { relationship: 'curiosity' }],
    ['more than is asked for', { name: 'Ada' }]
  ])('is refused with %s, of which nothing is repeated', async (_, change) => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const answer = await assertPerson(partner, id, persons.next(), change)
    expect(answer.statusCode).toBe(400)
    for (const value of Object.values(change)) expect(answer.body).not.toContain(value)
  })

  test('ends when the partner says so', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const person = (await assertPerson(partner, id, persons.next())).json<Person>()
    const end = () => ask(partner, `/subscriptions/${id}/persons/${person.id}`, { method: 'DELETE' })
    expect((await end()).statusCode).toBe(204)
    expect((await end()).statusCode).toBe(404)
    expect(await listed(partner, id)).toEqual([])
  })

  test('is listed page by page, each once', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const numbers = Array.from({ length: 7 }, () => persons.next() as string)
    for (const number of numbers) await assertPerson(partner, id, number)
    const found: string[] = []
    for (let url: string | undefined = `/subscriptions/${id}/persons?count=3`; url !== undefined; ) {
      const page: { persons: Person[]; next?: string } = (await ask(partner, url)).json()
      found.push(...page.persons.map(({ nhsNumber }) => nhsNumber))
      url = page.next?.replace('https://gateway.example', '')
    }
    expect(found.sort()).toEqual(numbers.sort())
  })

  test('is bounded', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    await db().query(
      `insert into subscription_person (id, subscription_id, subject_id, nhs_number, birth_date, relationship, asserted_by)
       select gen_random_uuid(), $1, gen_random_uuid(), 'n' || n, '1950-04-21', 'inpatient', 'test' from generate_series(1, 10000) n`,
      [id]
    )
    expect((await assertPerson(partner, id, persons.next())).statusCode).toBe(422)
  })
})

/** A gateway whose statements are written down. */
function watch(asked: string[]) {
  const listen = (sql: { query: (text: string, values?: readonly unknown[]) => Promise<unknown> }) =>
    new Proxy(sql, {
      get(target, name) {
        if (name === 'query')
          return (text: string, values?: readonly unknown[]) => {
            asked.push(text)
            return target.query(text, values)
          }
        if (name === 'transaction')
          return (work: (inner: never) => unknown) =>
            (target as unknown as ReturnType<typeof db>).transaction(
              async (inner) => await work(listen(inner as never) as never)
            )
        return Reflect.get(target, name)
      }
    })
  return openGateway(() => listen(db() as never) as unknown as ReturnType<typeof db>, {
    audit: { assertion: async () => undefined, told: async () => undefined },
    newId: randomUUID
  })
}
