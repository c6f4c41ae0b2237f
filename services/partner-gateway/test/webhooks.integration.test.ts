import { createDatabase, revokePartnerKey, suspendPartner } from '@chesil/record-store'
import { generateKey } from '@chesil/webhook-signatures'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../tests/support/random.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { addKey, createPartner, observation, openGateway, signer, tokenOf } from './support.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)

const rowsOf = (partnerId: string) =>
  db().query<{ id: string; form: string; state: string; body: Buffer }>(
    'select id, form, state, body from webhook_event where partner_id = $1 order by received_at',
    [partnerId]
  )

describe('an event that is accepted', () => {
  test('is committed with its bytes, and its sender learns where the receipt is', async () => {
    const partner = await createPartner(db())
    const answer = await gateway.send(partner, observation())
    expect(answer.statusCode).toBe(202)
    const [row] = await rowsOf(partner.id)
    expect(row).toMatchObject({ form: 'fhir', state: 'accepted' })
    expect(row?.body.toString()).toBe(observation())
    expect(answer.json()).toMatchObject({
      id: row?.id,
      receipt: `https://gateway.example/receipts/${row?.id}`,
      state: 'accepted'
    })
    expect(answer.headers['location']).toBe(`https://gateway.example/receipts/${row?.id}`)
  })

  test.each([
    ['application/fhir+json', observation(), 'fhir'],
    ['application/json', observation(), 'fhir'],
    ['application/hl7-v2', 'MSH|^~\\&|A|B', 'hl7v2'],
    ['x-application/hl7-v2+er7; charset=iso-8859-1', 'MSH|^~\\&|A|B', 'hl7v2'],
    ['text/csv', 'LA_Code,NHS_Number', 'cld'],
    ['application/json', '{"type":"person.changed","data":{"nhsNumber":"9434765919"}}', 'person-changed']
  ])('%s is of the form that maps it', async (type, body, form) => {
    const partner = await createPartner(db())
    const answer = await gateway.send(partner, body, { headers: { 'content-type': type } })
    expect(answer.statusCode).toBe(202)
    expect(await rowsOf(partner.id)).toMatchObject([{ form }])
  })

  test('may be signed with ed25519', async () => {
    const partner = await createPartner(db(), {}, 'v1a')
    expect((await gateway.send(partner, observation())).statusCode).toBe(202)
  })

  test('may be signed by the library that others use', async () => {
    const partner = await createPartner(db())
    const library = new Webhook(partner.key.signing)
    const now = new Date()
    const answer = await gateway.app.inject({
      method: 'POST',
      url: `/webhooks/${partner.id}`,
      headers: {
        'content-type': 'application/fhir+json',
        'webhook-id': 'evt-1',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': library.sign('evt-1', now, observation())
      },
      payload: observation()
    })
    expect(answer.statusCode).toBe(202)
  })

  test('may come with a token of its partner in place of a signature', async () => {
    const partner = await createPartner(db(), { clientId: 'client-1' })
    const send = (token: string) =>
      gateway.app.inject({
        method: 'POST',
        url: `/webhooks/${partner.id}`,
        headers: {
          'content-type': 'application/fhir+json',
          'webhook-id': 'e1',
          authorization: `Bearer ${token}`
        },
        payload: observation()
      })
    expect((await send(tokenOf({ sub: 'client-1' }))).statusCode).toBe(202)
    expect((await send(tokenOf({ sub: 'client-2' }))).statusCode).toBe(401)
    expect((await send(tokenOf({ sub: 'client-1', scope: 'system/Patient.r' }))).statusCode).toBe(403)
    expect((await send('invented')).statusCode).toBe(401)
  })
})

describe('the same webhook-id', () => {
  test('again, with the same body, is answered as before and changes nothing', async () => {
    const partner = await createPartner(db())
    const first = await gateway.send(partner, observation(), { id: 'e1' })
    const again = await gateway.send(partner, observation(), { id: 'e1', now: Date.now() + 60_000 })
    expect(again.statusCode).toBe(202)
    expect(again.body).toBe(first.body)
    expect(await rowsOf(partner.id)).toHaveLength(1)
  })

  test('with another body is refused', async () => {
    const partner = await createPartner(db())
    await gateway.send(partner, observation('o1'), { id: 'e1' })
    const other = await gateway.send(partner, observation('o2'), { id: 'e1' })
    expect(other.statusCode).toBe(409)
    expect(other.headers['content-type']).toContain('application/problem+json')
    expect((await rowsOf(partner.id)).map(({ body }) => body.toString())).toEqual([observation('o1')])
  })

  test('of another partner is another event', async () => {
    const [one, other] = [await createPartner(db()), await createPartner(db())]
    await gateway.send(one, observation('o1'), { id: 'e1' })
    expect((await gateway.send(other, observation('o2'), { id: 'e1' })).statusCode).toBe(202)
  })

  test('sent 64 times at once is one event', async () => {
    const partner = await createPartner(db())
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => gateway.send(partner, observation(), { id: 'e1' }))
    )
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1)
    expect(await rowsOf(partner.id)).toHaveLength(1)
  })

  test('sent at once with two bodies: one wins, the other is refused', async () => {
    const partner = await createPartner(db())
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) => gateway.send(partner, observation(`o${at % 2}`), { id: 'e1' }))
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([
      ...Array(8).fill(202),
      ...Array(8).fill(409)
    ])
    expect(await rowsOf(partner.id)).toHaveLength(1)
  })
})

describe('refused is', () => {
  test('whoever is not known, or signs with another’s key; before the body is read where that can be', async () => {
    const [one, other] = [await createPartner(db()), await createPartner(db())]
    expect((await gateway.send({ id: 'nobody', sign: one.sign }, observation())).statusCode).toBe(401)
    expect((await gateway.send({ id: one.id, sign: other.sign }, observation())).statusCode).toBe(401)
    const unsigned = await gateway.app.inject({
      method: 'POST',
      url: `/webhooks/${one.id}`,
      headers: { 'content-type': 'application/fhir+json' },
      payload: 'x'.repeat(100_000)
    })
    expect(unsigned.statusCode).toBe(401)
  })

  test('a partner that is suspended, within a second', async () => {
    const partner = await createPartner(db())
    expect((await gateway.send(partner, observation())).statusCode).toBe(202)
    await suspendPartner(db(), partner.id, 'test')
    const later = Date.now() + 1_001
    gateway.clock.now = () => later
    expect((await gateway.send(partner, observation(), { now: later })).statusCode).toBe(401)
    gateway.clock.now = () => Date.now()
  })

  test('an old attempt: each is signed anew', async () => {
    const partner = await createPartner(db())
    const old = await gateway.send(partner, observation(), { now: Date.now() - 301_000 })
    expect(old.statusCode).toBe(401)
    expect(old.json()).toMatchObject({ title: 'unauthenticated', status: 401 })
  })

  test.each([
    ['application/fhir+json', 'no json'],
    ['application/fhir+json', '[]'],
    ['application/fhir+json', '{"a":1}'],
    ['application/fhir+json', '{"type":"person.changed"}'],
    ['application/json', '{"type":"other"}'],
    ['application/hl7-v2', 'PID|1'],
    ['application/fhir+json', Buffer.from([0x7b, 0xff, 0x7d])]
  ])('rubbish that is signed: %s %s', async (type, body) => {
    const partner = await createPartner(db())
    const answer = await gateway.send(partner, body, { headers: { 'content-type': type } })
    expect(answer.statusCode).toBe(400)
    expect(await rowsOf(partner.id)).toEqual([])
  })

  test('another media type, and a body beyond the limit', async () => {
    const partner = await createPartner(db())
    expect((await gateway.send(partner, 'x', { headers: { 'content-type': 'text/plain' } })).statusCode).toBe(
      415
    )
    const large = await gateway.send(
      partner,
      JSON.stringify({ resourceType: 'Basic', id: 'x'.repeat(70_000) })
    )
    expect(large.statusCode).toBe(413)
  })

  test('without repeating anything of what was sent', async () => {
    const partner = await createPartner(db())
    for (const body of ['{"resourceType":1,"family":"Skelly"}', 'Skelly 9434765919'])
      expect((await gateway.send(partner, body)).body).not.toMatch(/Skelly|9434765919/)
  })
})

describe('keys', () => {
  test('take each other’s place without a gap, and a revoked one is refused within a second', async () => {
    const partner = await createPartner(db())
    const next = generateKey('v1')
    await addKey(db(), partner.id, next.verifying)
    const later = Date.now() + 2_000
    gateway.clock.now = () => later
    const signers = [partner.sign, signer(next.signing), signer(partner.key.signing, next.signing)]
    for (const sign of signers)
      expect((await gateway.send({ ...partner, sign }, observation(), { now: later })).statusCode).toBe(202)
    await revokePartnerKey(db(), partner.keyId, 'test')
    const evenLater = later + 1_001
    gateway.clock.now = () => evenLater
    const statuses = await Promise.all(
      signers.map((sign) => gateway.send({ ...partner, sign }, observation(), { now: evenLater }))
    )
    expect(statuses.map(({ statusCode }) => statusCode)).toEqual([401, 202, 202])
    gateway.clock.now = () => Date.now()
  })

  test('are two at most', async () => {
    const partner = await createPartner(db())
    await addKey(db(), partner.id, generateKey('v1').verifying)
    await expect(addKey(db(), partner.id, generateKey('v1').verifying)).rejects.toThrow('full')
  })

  test('lie sealed in the database', async () => {
    const partner = await createPartner(db())
    const [row] = await db().query<{ sealed: Buffer }>(
      'select sealed from partner_key where partner_id = $1',
      [partner.id]
    )
    expect(row?.sealed.includes(partner.key.signing.slice(6))).toBe(false)
  })
})

test('while the database is away whatever is asked is answered 503, to be asked again', async () => {
  const partner = await createPartner(db())
  const away = createDatabase({ url: 'postgres://chesil@127.0.0.1:1/chesil', applicationName: 'test' })
  const cut = openGateway(() => away)
  for (const answer of [await cut.send(partner, observation()), await cut.ask(partner, '/receipts')]) {
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.json()).toMatchObject({ title: 'unavailable' })
    expect(answer.body).not.toContain('127.0.0.1')
  }
  await away.close()
})

test('what the database does not keep is not acknowledged', async () => {
  const partner = await createPartner(db())
  const away = openGateway(db, { accept: () => Promise.reject(new Error('secret: connection refused')) })
  const answer = await away.send(partner, observation())
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.body).not.toContain('secret')
})

describe('too much', () => {
  test('of one partner is answered 429, with when to try again, and keeps nothing; others go on', async () => {
    const limited = openGateway(db, { limits: { perPartner: 2, perAddress: 1_000 } })
    const [greedy, other] = [await createPartner(db()), await createPartner(db())]
    const statuses = []
    for (let n = 0; n < 4; n++) statuses.push((await limited.send(greedy, observation(`o${n}`))).statusCode)
    expect(statuses).toEqual([202, 202, 429, 429])
    const refused = await limited.send(greedy, observation('o9'))
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(5)
    expect(refused.json()).toMatchObject({ status: 429, title: 'throttled' })
    expect(await rowsOf(greedy.id)).toHaveLength(2)
    expect((await limited.send(other, observation())).statusCode).toBe(202)
    expect((await limited.ask(greedy, '/receipts')).statusCode).toBe(429)
  })

  test('in the name of a partner, signed by somebody else, uses up nothing of theirs', async () => {
    const limited = openGateway(db, { limits: { perPartner: 2, perAddress: 1_000 } })
    const [partner, other] = [await createPartner(db()), await createPartner(db())]
    for (let n = 0; n < 5; n++)
      expect((await limited.send({ id: partner.id, sign: other.sign }, observation())).statusCode).toBe(401)
    expect((await limited.send(partner, observation())).statusCode).toBe(202)
  })

  test('from one address is answered 429 before anything is looked up', async () => {
    const limited = openGateway(db, { limits: { perPartner: 1_000, perAddress: 2 } })
    const nobody = { id: 'nobody', sign: (await createPartner(db())).sign }
    const statuses = []
    for (let n = 0; n < 4; n++) statuses.push((await limited.send(nobody, observation())).statusCode)
    expect(statuses).toEqual([401, 401, 429, 429])
  })
})

test.each(['%00', '..%2f', 'A', 'x', 'a b', `${'a'.repeat(200)}`, '%F0%9F%8F%A5', 'a%0Ab', '__proto__'])(
  'the invented partner %s is not known, and no database is asked',
  async (id) => {
    const partner = await createPartner(db())
    const asked: string[] = []
    const watched = openGateway(db, {
      findPartner: async (asks) => {
        asked.push(asks)
        return undefined
      }
    })
    const sent = await watched.send({ id, sign: partner.sign }, observation())
    const listed = await watched.app.inject({
      url: '/receipts',
      headers: { 'chesil-partner': encodeURIComponent(id), ...partner.sign('') }
    })
    expect([id, sent.statusCode, listed.statusCode]).toEqual([id, 401, 401])
    expect(asked).toEqual([])
  }
)

test('a key that cannot be opened verifies nothing, and the other one goes on', async () => {
  const partner = await createPartner(db())
  const spoilt = await addKey(db(), partner.id, generateKey('v1').verifying)
  await db().query(`update partner_key set sealed = 'spoilt' where id = $1`, [spoilt])
  expect((await gateway.send(partner, observation())).statusCode).toBe(202)
  expect(gateway.unopened).toContain(spoilt)
})

test('of 10,000 events in which one byte is another none is accepted, and none is answered with 5xx', {
  timeout: 120_000
}, async () => {
  const partner = await createPartner(db())
  const random = createRandom(6)
  const below = (limit: number) => Math.floor(random() * limit)
  const statuses = new Set<number>()
  for (let n = 0; n < 10_000; n++) {
    const payload = Buffer.from(observation())
    const headers: Record<string, string> = { ...partner.sign(payload) }
    const name = ['webhook-id', 'webhook-timestamp', 'webhook-signature', undefined][below(4)]
    const bytes = name === undefined ? payload : Buffer.from(headers[name] ?? '')
    const at = below(bytes.length)
    const other = name === undefined ? below(256) : 33 + below(94)
    bytes[at] = other === bytes[at] ? 48 + ((other + 1) % 10) : other
    if (name !== undefined) headers[name] = bytes.toString('latin1')
    const { statusCode } = await gateway.app.inject({
      method: 'POST',
      url: `/webhooks/${partner.id}`,
      headers: { 'content-type': 'application/fhir+json', ...headers },
      payload
    })
    statuses.add(statusCode)
  }
  expect([...statuses].filter((status) => status < 400 || status > 499)).toEqual([])
  expect(await rowsOf(partner.id)).toEqual([])
})
