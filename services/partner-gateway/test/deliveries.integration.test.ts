import { redeliver } from '@chesil/record-store'
import { afterEach, describe, expect, test } from 'vitest'
import { createPersons } from '../../../tests/support/people.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { sealing } from './support.ts'
import { createTelling, type Following } from './told-subscribers.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const telling = createTelling(db, sealing)
const { clock, follow, start, listed, statusOf } = telling
afterEach(() => telling.stop())

const minute = 60_000
const hour = 60 * minute

async function meet() {
  const nhsNumber = persons.next()
  const patientId = await persons.trace({ asked: nhsNumber, tracedAt: clock.now() })
  // That there is such a person is no news here.
  await db().query('delete from change_to_tell')
  const source = persons.newSource()
  let said = 0
  return {
    nhsNumber,
    patientId,
    /** So many new versions of their record. */
    async change(times = 1): Promise<void> {
      for (let n = 0; n < times; n++) await persons.say(patientId, source, [`item ${said++}`])
    },
    traceAgain: (status: 'unrestricted' | 'restricted' = 'unrestricted') =>
      persons.trace({ asked: nhsNumber, status, tracedAt: clock.now() })
  }
}

/** Somebody, and a subscriber who has answered the handshake and is told of them. */
async function meetFollowed(following: Following = {}) {
  const person = await meet()
  const followed = await follow([person.nhsNumber], following)
  const delivering = start()
  await delivering.settle()
  return { person, delivering, ...followed }
}

const numbersOf = (told: readonly { readonly number?: number }[]) => told.map(({ number }) => number)
const isRising = (numbers: readonly (number | undefined)[]) =>
  numbers.every((one, at) => at === 0 || (one ?? 0) > (numbers[at - 1] ?? 0))

describe('a subscription', () => {
  test('begins with a handshake; until it is answered nothing is sent', async () => {
    const person = await meet()
    const followed = await follow([person.nhsNumber])
    followed.subscriber.answers(() => ({ status: 500 }))
    const delivering = start()
    await person.change()
    await delivering.settle()
    expect(followed.subscriber.attempts.map(({ type }) => type)).toEqual(['subscription.handshake'])
    expect(await statusOf(followed)).toEqual({ status: 'requested', reason: null })
    followed.subscriber.answers(() => ({ status: 204 }))
    clock.pass(minute)
    await delivering.settle()
    expect(await statusOf(followed)).toEqual({ status: 'active', reason: null })
    expect(followed.subscriber.told.map(({ type }) => type)).toEqual([
      'subscription.handshake',
      'record-changed'
    ])
  })

  test('whose handshake is never answered is off in the end', async () => {
    const followed = await follow([])
    followed.subscriber.answers(() => ({ status: 500 }))
    const delivering = start()
    for (let n = 0; n < 12; n++) {
      await delivering.settle()
      clock.pass(30 * hour)
    }
    expect(followed.subscriber.attempts).toHaveLength(10)
    expect(await statusOf(followed)).toEqual({ status: 'off', reason: 'handshake-failed' })
  })

  test('is heard of, where nothing happens, as often as was asked for', async () => {
    const { subscriber, delivering } = await meetFollowed({ heartbeatSeconds: 600 })
    clock.pass(9 * minute)
    await delivering.settle()
    expect(subscriber.told).toHaveLength(1)
    clock.pass(2 * minute)
    await delivering.settle()
    await delivering.settle()
    expect(subscriber.told.map(({ type }) => type).slice(1)).toEqual(['subscription.heartbeat'])
  })

  test('ends when its time is over; what waits is set aside and listed', async () => {
    const endsAt = clock.now() + hour
    const { person, subscriber, delivering, ...followed } = await meetFollowed({ endsAt })
    subscriber.answers(() => ({ status: 503 }))
    await person.change(2)
    await delivering.settle()
    clock.pass(2 * hour)
    await delivering.settle()
    expect(await statusOf(followed)).toEqual({ status: 'off', reason: 'ended' })
    expect(await listed(followed.id, 'waiting')).toEqual([])
    expect(await listed(followed.id, 'dead')).toHaveLength(2)
  })
})

describe('what is told', () => {
  test('is the person, the version and its items, and no more', async () => {
    const { person, subscriber, delivering, id } = await meetFollowed()
    await person.change()
    await delivering.settle()
    const [event] = subscriber.events()
    expect(JSON.parse(event?.text ?? '')).toEqual({
      type: 'record-changed',
      timestamp: expect.any(String),
      data: {
        subscription: id,
        number: 1,
        patient: person.patientId,
        version: expect.any(Number),
        items: [expect.stringMatching(/^Observation\//)]
      }
    })
    expect(event?.text).not.toContain(person.nhsNumber)
  })

  test('is decided when it is sent: of a record that was closed since, nothing', async () => {
    const { person, subscriber, delivering, id } = await meetFollowed()
    subscriber.answers(() => ({ status: 503 }))
    await person.change()
    await delivering.settle()
    expect(subscriber.attempts).toHaveLength(2)
    await person.traceAgain('restricted')
    subscriber.answers(() => ({ status: 204 }))
    clock.pass(minute)
    await delivering.settle()
    expect(subscriber.attempts).toHaveLength(2)
    expect(await listed(id, 'waiting')).toEqual([])
  })

  test('is nothing of somebody else, should the birth date be another', async () => {
    const { person, subscriber, delivering } = await meetFollowed({ birthDate: '1950-04-22' })
    await person.change()
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
  })

  test('waits while PDS has to be asked first', async () => {
    const { person, subscriber, delivering } = await meetFollowed()
    clock.pass(30 * 24 * hour)
    await person.change()
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
    await person.traceAgain()
    clock.pass(minute)
    await delivering.settle()
    expect(subscriber.events()).toHaveLength(1)
  })

  test('is audited before it is sent; what cannot be audited is not sent', async () => {
    const person = await meet()
    const followed = await follow([person.nhsNumber])
    let isAway = true
    const audited: string[] = []
    const delivering = start({
      audit: async (_, { about }) => {
        if (isAway) throw new Error('away')
        audited.push(`${about?.patientId} ${followed.subscriber.events().length}`)
      }
    })
    await delivering.settle()
    await person.change()
    await delivering.settle()
    expect(followed.subscriber.events()).toEqual([])
    isAway = false
    clock.pass(hour)
    await delivering.settle()
    expect(followed.subscriber.events()).toHaveLength(1)
    expect(audited).toEqual([`${person.patientId} 0`])
  })

  test('comes with the same id and number at every attempt', async () => {
    const { person, subscriber, delivering } = await meetFollowed()
    let answers = 0
    subscriber.answers(({ number }) => ({ status: number === 1 && answers++ < 3 ? 500 : 200 }))
    await person.change()
    for (let n = 0; n < 5; n++) {
      await delivering.settle()
      clock.pass(3 * hour)
      await person.traceAgain()
    }
    const attempts = subscriber.attempts.filter(({ number }) => number === 1)
    expect(attempts).toHaveLength(4)
    expect(new Set(attempts.map(({ webhookId }) => webhookId)).size).toBe(1)
  })
})

describe('order', () => {
  test('of one person is kept, whatever fails; others do not wait', async () => {
    const { person, subscriber, delivering, ...followed } = await meetFollowed()
    const other = await meet()
    await telling.name(followed.id, other.nhsNumber)
    subscriber.answers(({ patient }) => ({ status: patient === person.patientId ? 500 : 200 }))
    await person.change(3)
    await other.change(3)
    await delivering.settle()
    // What is in error is tried one at a time, after a pause.
    for (let n = 0; n < 8; n++) {
      clock.pass(minute)
      await delivering.settle()
    }
    const of = (patientId: string) => subscriber.events().filter(({ patient }) => patient === patientId)
    expect(of(other.patientId)).toHaveLength(3)
    expect(of(person.patientId)).toHaveLength(0)
    subscriber.answers(() => ({ status: 200 }))
    clock.pass(3 * hour)
    await delivering.settle()
    expect(of(person.patientId)).toHaveLength(3)
    expect(isRising(of(person.patientId).map(({ version }) => version))).toBe(true)
  })

  test('holds through a merge: events of both come before those of the one who is left', async () => {
    const [one, two] = [await meet(), await meet()]
    const { subscriber, id } = await follow([one.nhsNumber, two.nhsNumber])
    const delivering = start()
    await delivering.settle()
    subscriber.answers(() => ({ status: 503 }))
    await one.change(2)
    await two.change(2)
    await delivering.settle()
    const linkId = await persons.merge(one.patientId, two.patientId)
    await two.change()
    await delivering.settle()
    subscriber.answers(() => ({ status: 200 }))
    for (let n = 0; n < 20; n++) {
      clock.pass(6 * minute)
      await delivering.settle()
    }
    const told = subscriber.events()
    expect(told.length).toBeGreaterThanOrEqual(6)
    expect(await listed(id, 'waiting')).toEqual([])
    const [merged] = await db().query<{ version: number }>(
      `select version from change_event where patient_id = $1 and cause = 'merge'`,
      [two.patientId]
    )
    const at = told.findIndex(
      ({ version, patient }) => patient === two.patientId && version === merged?.version
    )
    expect(at).toBeGreaterThanOrEqual(4)
    expect(isRising(told.slice(at).map(({ version }) => version))).toBe(true)
    await persons.unmerge(linkId)
    await delivering.settle()
    expect(subscriber.events().length).toBeGreaterThan(told.length)
  })

  test('of what is put back: before what waits of that person, at most ten a second', async () => {
    const { person, subscriber, delivering, id } = await meetFollowed()
    await person.change(14)
    await delivering.settle()
    expect(numbersOf(subscriber.events())).toEqual(Array.from({ length: 14 }, (_, n) => n + 1))
    subscriber.answers(({ number }) => ({ status: number === 15 ? 500 : 200 }))
    await person.change(1)
    await delivering.settle()
    const again = { subscriptionId: id, numbers: [1, 14], limit: 100, now: clock.now() } as const
    expect(await db().transaction((sql) => redeliver(sql, again))).toEqual({ count: 14, numbered: 14 })
    const before = subscriber.events().length
    const perSecond: number[] = []
    for (let n = 0; n < 4; n++) {
      clock.pass(1_000)
      const had = subscriber.events().length
      await delivering.settle()
      perSecond.push(subscriber.events().length - had)
    }
    // In error it is paused for five seconds first.
    clock.pass(5_000)
    for (let n = 0; n < 3; n++) {
      const had = subscriber.events().length
      await delivering.settle()
      perSecond.push(subscriber.events().length - had)
      clock.pass(1_000)
    }
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(10)
    expect(numbersOf(subscriber.events().slice(before))).toEqual(Array.from({ length: 14 }, (_, n) => n + 1))
    subscriber.answers(() => ({ status: 200 }))
    clock.pass(hour)
    await delivering.settle()
    expect(subscriber.events().at(-1)?.number).toBe(15)
  })
})

describe('an answer', () => {
  const status = (of: Awaited<ReturnType<typeof meetFollowed>>) => statusOf(of)

  test('of 410 ends all subscriptions of the endpoint, and what waits is set aside', async () => {
    const followed = await meetFollowed()
    const { person, subscriber, delivering, id } = followed
    subscriber.answers(() => ({ status: 410 }))
    await person.change(2)
    await delivering.settle()
    expect(await status(followed)).toEqual({ status: 'off', reason: 'gone' })
    expect(await listed(id, 'dead')).toHaveLength(2)
    clock.pass(hour)
    await person.change()
    await delivering.settle()
    expect(subscriber.attempts).toHaveLength(2)
  })

  test('that is a redirect is a failure; nobody goes there', async () => {
    const followed = await meetFollowed()
    const elsewhere = await meetFollowed()
    followed.subscriber.answers(() => ({ status: 307, headers: { location: elsewhere.subscriber.url } }))
    await followed.person.change()
    await followed.delivering.settle()
    expect(await status(followed)).toEqual({ status: 'error', reason: 'status-307' })
    expect(elsewhere.subscriber.attempts).toHaveLength(1)
  })

  test.for([
    ['in seconds', (): string => '7200'],
    ['as a date', (): string => new Date(clock.now() + 2 * hour).toUTCString()]
  ] as const)('may ask to be asked later, %s', async ([, retryAfter]) => {
    const { person, subscriber, delivering } = await meetFollowed()
    subscriber.answers(() => ({ status: 429, headers: { 'retry-after': retryAfter() } }))
    await person.change()
    await delivering.settle()
    subscriber.answers(() => ({ status: 200 }))
    clock.pass(2 * hour - minute)
    await delivering.settle()
    expect(subscriber.events()).toHaveLength(0)
    clock.pass(2 * minute)
    await delivering.settle()
    expect(subscriber.events()).toHaveLength(1)
  })

  test.for([
    ['is too slow', { status: 200, afterMs: 600 }, 'timed-out'],
    ['is too large', { status: 200, body: Buffer.alloc(100_000) }, 'too-large'],
    [
      'has a body that is no gzip',
      { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'x' },
      'bad-body'
    ]
  ] as const)('that %s is a failure', async ([, answer]) => {
    const followed = await meetFollowed()
    followed.subscriber.answers(() => answer)
    await followed.person.change()
    await followed.delivering.settle()
    const { status: now, reason } = (await status(followed)) ?? {}
    expect(now).toBe('error')
    expect(reason).toMatch(/^[a-z-]+$/)
  })

  test('never comes from where no operator has allowed it', async () => {
    const person = await meet()
    const followed = await follow([person.nhsNumber], { allowedRanges: [] })
    const delivering = start()
    await delivering.settle()
    expect(followed.subscriber.attempts).toEqual([])
    const [handshake] = await listed(followed.id)
    expect(handshake).toMatchObject({ kind: 'handshake', lastReason: 'address-refused' })
  })
})

describe('whoever does not answer', () => {
  test('is tried ten times, set aside and listed, and the next event is told', async () => {
    const followed = await meetFollowed()
    const { person, subscriber, delivering, id } = followed
    subscriber.answers(({ number }) => ({ status: number === 1 ? 422 : 200 }))
    await person.change(2)
    for (let n = 0; n < 12; n++) {
      await delivering.settle()
      clock.pass(27 * hour)
      await person.traceAgain()
    }
    expect(subscriber.attempts.filter(({ number }) => number === 1)).toHaveLength(10)
    expect(numbersOf(subscriber.events()).sort()[0]).toBe(2)
    expect(await listed(id, 'dead')).toMatchObject([{ number: 1, lastStatus: 422, attempt: 10 }])
    expect(await statusOf(followed)).toEqual({ status: 'active', reason: null })
  })

  test('is asked each hour whether they are there, and what waits for tomorrow is told at once', async () => {
    const { person, subscriber, delivering } = await meetFollowed()
    subscriber.answers(() => ({ status: 500 }))
    await person.change(1)
    for (let n = 0; n < 60; n++) {
      await delivering.settle()
      clock.pass(hour / 2)
      if (n % 20 === 0) await person.traceAgain()
    }
    await person.traceAgain()
    const attempts = subscriber.attempts.filter(({ number }) => number === 1).length
    expect(
      subscriber.attempts.filter(({ type }) => type === 'subscription.heartbeat').length
    ).toBeGreaterThan(20)
    expect(attempts).toBeLessThan(9)
    subscriber.answers(() => ({ status: 200 }))
    clock.pass(hour)
    await delivering.settle()
    await delivering.settle()
    expect(subscriber.events()).toHaveLength(1)
  })

  test('is asked once more whether they are there before the subscription is off', async () => {
    const followed = await meetFollowed()
    const { person, subscriber, delivering, id } = followed
    subscriber.answers(() => ({ status: 500 }))
    await person.change(2)
    for (let n = 0; n < 40; n++) {
      await delivering.settle()
      clock.pass(5 * hour)
      await person.traceAgain()
    }
    expect(await statusOf(followed)).toEqual({ status: 'off', reason: 'not-answered' })
    expect(subscriber.attempts.at(-1)?.type).toBe('subscription.heartbeat')
    expect(await listed(id, 'waiting')).toEqual([])
    expect((await listed(id, 'dead')).length).toBeGreaterThanOrEqual(2)
  })

  test('is not asked while their partner is suspended', async () => {
    const { person, subscriber, delivering, partner } = await meetFollowed()
    await db().query('update partner set suspended_at = now() where id = $1', [partner.id])
    await person.change()
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
    await db().query('update partner set suspended_at = null where id = $1', [partner.id])
    await delivering.settle()
    expect(subscriber.events()).toHaveLength(1)
  })
})

test('several processes side by side send nothing twice, and keep the order', {
  timeout: 60_000
}, async () => {
  const people = await Promise.all(Array.from({ length: 6 }, meet))
  const { subscriber, id } = await follow(people.map(({ nhsNumber }) => nhsNumber))
  const all = Array.from({ length: 4 }, () => start())
  await Promise.all(people.map(({ change }) => change(12)))
  await expect
    .poll(
      async (): Promise<number> => {
        await Promise.all(all.map((one) => one.settle()))
        return (await listed(id, 'waiting')).length
      },
      { timeout: 30_000 }
    )
    .toBe(0)
  await Promise.all(all.map((one) => one.settle()))
  const events = subscriber.attempts.filter(({ number }) => number !== undefined)
  expect(events).toHaveLength(72)
  expect(new Set(numbersOf(events)).size).toBe(72)
  for (const { patientId } of people)
    expect(
      isRising(events.filter(({ patient }) => patient === patientId).map(({ version }) => version))
    ).toBe(true)
})

test('what a process that died had in hand is sent by another, with the same id and number', async () => {
  const { person, subscriber, delivering, id } = await meetFollowed()
  await delivering.close()
  await person.change()
  const never = start({ outboundFor: () => ({ exchange: () => new Promise(() => undefined) }) })
  await expect.poll(async () => (await listed(id, 'waiting'))[0]?.number, { timeout: 5_000 }).toBe(1)
  const another = start()
  await another.settle()
  expect(subscriber.events()).toEqual([])
  clock.pass(minute)
  await another.settle()
  expect(subscriber.events()).toMatchObject([{ number: 1 }])
  expect(never.underWay()).toBe(1)
}, 30_000)
