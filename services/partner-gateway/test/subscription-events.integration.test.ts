import type { Bundle } from '@chesil/fhir'
import { endAssertion, listAssertedPersons, numberDelivery } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { createPersons } from '../../../tests/support/people.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { mostReplayed } from '../src/subscriptions/replay.ts'
import { createSubscribers, eventsOf } from './subscriber.ts'
import { openGateway } from './support.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)
const subscribers = createSubscribers(db, gateway)
const { ask, assertPerson, join, subscribe, tell } = subscribers
const persons = createPersons(db)

/** A partner who is told of somebody. */
async function follow(content?: string) {
  const partner = await join()
  const { id } = await subscribe(partner, content === undefined ? {} : { content })
  const nhsNumber = persons.next()
  const patientId = await persons.trace({ asked: nhsNumber, tracedAt: Date.now() })
  await assertPerson(partner, id, nhsNumber)
  return { partner, id, nhsNumber, patientId }
}

/** So many versions of a record. */
async function change(patientId: string, times: number): Promise<void> {
  const source = persons.newSource()
  for (let n = 0; n < times; n++) await persons.say(patientId, source, [`item ${n}`])
}

/** Every page, from the first number on. */
async function readAll(follower: Pick<Awaited<ReturnType<typeof follow>>, 'partner' | 'id'>, query = '') {
  const pages = []
  for (
    let url: string | undefined = `/fhir/Subscription/${follower.id}/$events${query}`;
    url !== undefined;
  ) {
    const bundle: Bundle = (await ask(follower.partner, url)).json()
    pages.push(eventsOf(bundle))
    url = bundle.link?.[0]?.url?.replace('https://gateway.example', '')
  }
  return pages
}

const countTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => n + first)

describe('$events', () => {
  test('names the person and what changed, by number', async () => {
    const follower = await follow()
    const { partner, id, patientId } = follower
    await change(patientId, 3)
    const deliveries = await tell(id)
    expect((await readAll(follower)).flat()).toEqual([])
    await subscribers.number(id, deliveries)
    const [events = []] = await readAll(follower)
    expect(events.map(({ number }) => number)).toEqual(countTo(deliveries.length))
    expect(events.every(({ focus, hasTime }) => focus === `Patient/${patientId}` && hasTime)).toBe(true)
    const bundle: Bundle = (await ask(partner, `/fhir/Subscription/${id}/$events`)).json()
    expect(bundle.type).toBe('history')
    expect(bundle.entry?.map(({ fullUrl }) => fullUrl)).toContain(
      `https://record.example/fhir/R4/Patient/${patientId}`
    )
  })

  test('keeps to the numbers asked for, by GET and by POST', async () => {
    const follower = await follow()
    await change(follower.patientId, 6)
    await subscribers.number(follower.id, await tell(follower.id))
    const url = `/fhir/Subscription/${follower.id}/$events`
    const parameter = [
      { name: 'eventsSinceNumber', valueString: '2' },
      { name: 'eventsUntilNumber', valueString: '4' }
    ]
    const answers = [
      await ask(follower.partner, `${url}?eventsSinceNumber=2&eventsUntilNumber=4`),
      await ask(follower.partner, url, { method: 'POST', body: { resourceType: 'Parameters', parameter } })
    ]
    for (const answer of answers)
      expect(eventsOf(answer.json()).map(({ number }) => number)).toEqual([2, 3, 4])
  })

  test('leaves no number out, page by page, while numbers are given', { timeout: 60_000 }, async () => {
    const follower = await follow()
    await change(follower.patientId, 2 * mostReplayed + 20)
    const deliveries = await tell(follower.id)
    expect(deliveries.length).toBeGreaterThan(2 * mostReplayed)
    const waiting = [...deliveries]
    const writers = Array.from({ length: 8 }, async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        await numberDelivery(db(), { id, subscriptionId: follower.id })
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      }
    })
    const seen: number[] = []
    let isDone = false
    const written = Promise.all(writers).then(() => {
      isDone = true
    })
    for (let isLast = false; !isLast; ) {
      isLast = isDone
      const query = `?eventsSinceNumber=${seen.length + 1}`
      for (const page of await readAll(follower, query)) seen.push(...page.map(({ number }) => number))
      expect(seen).toEqual(countTo(seen.length))
    }
    await written
    expect(seen).toEqual(countTo(deliveries.length))
  })

  test('shows what may not be told now by its number alone', async () => {
    const follower = await follow()
    const { id, nhsNumber, patientId } = follower
    await change(patientId, 2)
    await subscribers.number(id, await tell(id))
    const before = (await readAll(follower)).flat()
    expect(before.every(({ parts }) => parts > 2)).toBe(true)
    await persons.trace({ asked: nhsNumber, status: 'restricted', tracedAt: Date.now() })
    const after = (await readAll(follower)).flat()
    expect(after).toEqual(
      before.map(({ number }) => ({ number, focus: undefined, hasTime: false, parts: 1 }))
    )
  })

  test('tells nothing once the partner need not know any more, nor of somebody with another birth date', async () => {
    const follower = await follow()
    const { partner, id, nhsNumber, patientId } = follower
    await change(patientId, 1)
    await subscribers.number(id, await tell(id))
    const isTold = async () => (await readAll(follower)).flat().some(({ parts }) => parts > 1)
    expect(await isTold()).toBe(true)
    await assertPerson(partner, id, nhsNumber, { birthDate: '1950-04-22' })
    expect(await isTold()).toBe(false)
    await assertPerson(partner, id, nhsNumber)
    expect(await isTold()).toBe(true)
    for (const { id: assertion } of await listAssertedPersons(db(), id))
      await endAssertion(db(), id, assertion)
    expect(await isTold()).toBe(false)
  })

  test('never says more than was subscribed to', async () => {
    const follower = await follow('empty')
    await change(follower.patientId, 1)
    await subscribers.number(follower.id, await tell(follower.id))
    const [events = []] = await readAll(follower, '?content=id-only')
    expect(events.length).toBeGreaterThan(0)
    expect(events.every(({ focus }) => focus === undefined)).toBe(true)
    const full = `/fhir/Subscription/${follower.id}/$events?content=full-resource`
    expect((await ask(follower.partner, full)).statusCode).toBe(422)
  })

  test('is audited once for each person of an answer, and only of whom it tells', async () => {
    const follower = await follow()
    await change(follower.patientId, 3)
    await subscribers.number(follower.id, await tell(follower.id))
    const count = async () => {
      const [row] = await db().query<{ count: number }>(
        'select count(*) from audit_event where patient_id = $1',
        [follower.patientId]
      )
      return row?.count
    }
    expect(await count()).toBe(0)
    await readAll(follower)
    expect(await count()).toBe(1)
    await persons.trace({ asked: follower.nhsNumber, status: 'restricted', tracedAt: Date.now() })
    await readAll(follower)
    expect(await count()).toBe(1)
  })
})

interface Delivery {
  readonly id: string
  readonly kind: string
  readonly number?: number
  readonly state: string
}

describe('deliveries', () => {
  async function listed(follower: Pick<Awaited<ReturnType<typeof follow>>, 'partner' | 'id'>, query = '') {
    const found: Delivery[] = []
    for (let url: string | undefined = `/subscriptions/${follower.id}/deliveries${query}`; url; ) {
      const page: { deliveries: Delivery[]; next?: string } = (await ask(follower.partner, url)).json()
      found.push(...page.deliveries)
      url = page.next?.replace('https://gateway.example', '')
    }
    return found
  }

  const settle = (subscriptionId: string, state: string, from: number) =>
    db().query(
      `update delivery set state = $2, settled_at = now() where subscription_id = $1 and number >= $3`,
      [subscriptionId, state, from]
    )

  test('are listed the latest first, page by page; of what was withheld there is nothing', async () => {
    const follower = await follow()
    await change(follower.patientId, 7)
    await subscribers.number(follower.id, await tell(follower.id))
    await settle(follower.id, 'delivered', 1)
    await change(follower.patientId, 1)
    const [hidden] = await tell(follower.id)
    await db().query(`update delivery set state = 'withheld' where id = $1`, [hidden])
    const found = await listed(follower, '?count=3')
    const numbers = found.flatMap(({ number }) => number ?? [])
    expect(numbers).toEqual(countTo(numbers.length).reverse())
    expect(found.at(-1)).toMatchObject({ kind: 'handshake', state: 'waiting' })
    expect(found.map(({ id }) => id)).not.toContain(hidden)
    expect(await listed(follower, '?state=delivered&count=2')).toHaveLength(numbers.length)
  })

  test('are sent again: one, a range, or those since a time', async () => {
    const follower = await follow()
    await change(follower.patientId, 5)
    await subscribers.number(follower.id, await tell(follower.id))
    await settle(follower.id, 'delivered', 1)
    const again = async (body: object) => {
      const url = `/subscriptions/${follower.id}/redeliver`
      const answer = await ask(follower.partner, url, { method: 'POST', body })
      const waiting = (await listed(follower, '?state=waiting')).flatMap(({ number }) => number ?? [])
      await settle(follower.id, 'delivered', 1)
      return [answer.statusCode, answer.json<{ deliveries: number }>().deliveries, waiting.reverse()]
    }
    const all = await listed(follower, '?state=delivered')
    const third = all.find(({ number }) => number === 3)
    expect(await again({ delivery: third?.id })).toEqual([202, 1, [3]])
    expect(await again({ from: 2, to: 4 })).toEqual([202, 3, [2, 3, 4]])
    expect(await again({ since: '2020-01-01T00:00:00Z' })).toEqual([202, all.length, countTo(all.length)])
    expect(await again({ since: '2100-01-01T00:00:00Z' })).toEqual([202, 0, []])
  })

  test('that were set aside before they had a number are neither listed nor counted, and are sent again', async () => {
    const follower = await follow()
    await change(follower.patientId, 2)
    const [unsent] = await tell(follower.id)
    await db().query(`update delivery set state = 'dead', settled_at = now() where id = $1`, [unsent])
    expect(await listed(follower, '?state=dead')).toEqual([])
    const url = `/subscriptions/${follower.id}/redeliver`
    const body = { since: '2020-01-01T00:00:00Z' }
    const answer = await ask(follower.partner, url, { method: 'POST', body })
    expect(answer.json()).toEqual({ deliveries: 0 })
    const [{ state } = {}] = await db().query(`select state from delivery where id = $1`, [unsent])
    expect(state).toMatch(/queued|waiting/)
  })

  test('are not sent again from a subscription that is off, nor without saying which', async () => {
    const { partner, id } = await follow()
    const url = `/subscriptions/${id}/redeliver`
    for (const body of [{}, { from: 3, to: 2 }, { from: 1 }, { delivery: 'x' }, { since: 'yesterday' }])
      expect((await ask(partner, url, { method: 'POST', body })).statusCode).toBe(400)
    await ask(partner, `/fhir/Subscription/${id}`, { method: 'DELETE' })
    const body = { since: '2020-01-01T00:00:00Z' }
    expect((await ask(partner, url, { method: 'POST', body })).statusCode).toBe(422)
  })
})
