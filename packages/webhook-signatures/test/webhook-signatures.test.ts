import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import {
  fingerprintOf,
  generateKey,
  parseSigningKey,
  parseVerifyingKey,
  signWebhook,
  verifyWebhook,
  type WebhookToVerify
} from '../src/index.ts'

const now = 1_795_000_000_000
const shared = generateKey('v1')
const pair = generateKey('v1a')
const keys = [parseVerifyingKey(shared.verifying), parseVerifyingKey(pair.verifying)]
const body = Buffer.from('{"resourceType":"Observation","id":"o1"}')

const signed = (by: string = shared.signing, content: Uint8Array = body, id = 'msg_1') => ({
  headers: { ...signWebhook({ id, now, body: content, keys: [parseSigningKey(by)] }) } as Record<
    string,
    string
  >,
  body: content
})

const verify = (message: Pick<WebhookToVerify, 'headers' | 'body'>, changes: Partial<WebhookToVerify> = {}) =>
  verifyWebhook({ keys, now, ...message, ...changes })

const reasonOf = (...args: Parameters<typeof verify>) => {
  const verification = verify(...args)
  return verification.outcome === 'refused' ? verification.reason : verification.outcome
}

describe('a signed webhook is verified', () => {
  test.each([
    ['v1', shared.signing],
    ['v1a', pair.signing]
  ])('by %s', (_scheme, key) => {
    expect(verify(signed(key))).toEqual({ outcome: 'verified', id: 'msg_1', sentAt: now })
  })

  test('when one of its signatures is by one of the live keys: neither end has to change first', () => {
    const next = generateKey('v1')
    const both = signWebhook({
      id: 'msg_1',
      now,
      body,
      keys: [parseSigningKey(shared.signing), parseSigningKey(next.signing)]
    })
    for (const key of [shared, next])
      expect(
        verify({ headers: { ...both }, body }, { keys: [parseVerifyingKey(key.verifying)] }).outcome
      ).toBe('verified')
  })

  test('within five minutes of when it was sent, and not beyond', () => {
    for (const [seconds, expected] of [
      [300, 'verified'],
      [301, 'too-old'],
      [-300, 'verified'],
      [-301, 'too-new']
    ] as const)
      expect(reasonOf(signed(), { now: now + seconds * 1000 })).toBe(expected)
  })

  test('beside signatures of schemes that are not known yet', () => {
    const message = signed()
    message.headers['webhook-signature'] = `v2,abcd v1,short ${message.headers['webhook-signature']}`
    expect(reasonOf(message)).toBe('verified')
  })
})

describe('standardwebhooks', () => {
  const library = new Webhook(shared.signing)
  const text = fc.string({ unit: 'grapheme' })
  const ids = fc.stringMatching(/^[\w-]{1,60}$/)

  test('verifies what is signed here', () => {
    const seconds = Date.now()
    fc.assert(
      fc.property(ids, fc.json(), (id, json) => {
        const headers = signWebhook({
          id,
          now: seconds,
          body: Buffer.from(json),
          keys: [parseSigningKey(shared.signing)]
        })
        expect(() => library.verify(json, { ...headers })).not.toThrow()
      })
    )
  })

  test('signs what is verified here', () => {
    fc.assert(
      fc.property(ids, text, (id, content) => {
        const sentAt = new Date(now)
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now / 1000)),
          'webhook-signature': library.sign(id, sentAt, content)
        }
        expect(reasonOf({ headers, body: Buffer.from(content) })).toBe('verified')
      })
    )
  })
})

describe('refused is', () => {
  test('another body of invalid UTF-8 that decodes to the same text', () => {
    const [one, other] = [Buffer.from([0x7b, 0xff, 0x7d]), Buffer.from([0x7b, 0xfe, 0x7d])]
    expect(one.toString()).toBe(other.toString())
    expect(reasonOf({ ...signed(shared.signing, one), body: other })).toBe('wrong-signature')
  })

  test.each([
    '1795000000junk',
    '1795000000.0',
    ' 1795000000',
    '+1795000000',
    '01795000000',
    '1e9',
    '0x6',
    '-1',
    '9'.repeat(13)
  ])('the time %s', (timestamp) => {
    const message = signed()
    message.headers['webhook-timestamp'] = timestamp
    expect(reasonOf(message)).toBe('bad-timestamp')
  })

  test.each(['a.b', 'a b', 'é', 'a\n', 'x'.repeat(257)])('the id %j', (id) => {
    const message = signed()
    message.headers['webhook-id'] = id
    expect(reasonOf(message)).toBe('bad-id')
  })

  test('a border that was moved: the id of one is not the id and the time of another', () => {
    const message = signed(shared.signing, Buffer.from('1.2'), 'a')
    const { 'webhook-timestamp': timestamp = '' } = message.headers
    message.headers['webhook-id'] = `a.${timestamp}`
    message.headers['webhook-timestamp'] = '1'
    expect(reasonOf({ ...message, body: Buffer.from('2') })).toBe('bad-id')
  })

  test('a message that lacks a header, or has it twice', () => {
    for (const [name, reason] of [
      ['webhook-id', 'no-id'],
      ['webhook-timestamp', 'no-timestamp'],
      ['webhook-signature', 'no-signature']
    ] as const) {
      const { headers } = signed()
      for (const value of [undefined, '', [headers[name] ?? '', headers[name] ?? '']])
        expect(reasonOf({ headers: { ...headers, [name]: value }, body })).toBe(reason)
    }
  })

  test('a thousand signatures, though one of them is right', () => {
    const message = signed()
    const right = message.headers['webhook-signature'] ?? ''
    message.headers['webhook-signature'] = [right, ...Array(999).fill('v1,AAAA')].join(' ')
    expect(reasonOf(message)).toBe('too-many-signatures')
  })

  test('a right signature under the name of another scheme', () => {
    const message = signed()
    message.headers['webhook-signature'] = (message.headers['webhook-signature'] ?? '').replace('v1,', 'v1a,')
    expect(reasonOf(message)).toBe('wrong-signature')
  })

  test('whatever is signed with another partner’s key, or with none', () => {
    expect(reasonOf(signed(generateKey('v1').signing))).toBe('wrong-signature')
    expect(reasonOf(signed(generateKey('v1a').signing))).toBe('wrong-signature')
    expect(reasonOf(signed(), { keys: [] })).toBe('wrong-signature')
  })

  test('every one of 10,000 mutations', () => {
    let refused = 0
    const messages = [signed(shared.signing), signed(pair.signing)]
    fc.assert(
      fc.property(mutation(messages), ({ message, changed }) => {
        fc.pre(isOther(message, changed))
        expect(verify(changed).outcome).toBe('refused')
        refused++
      }),
      { numRuns: 10_000, seed: 6 }
    )
    expect(refused).toBeGreaterThanOrEqual(10_000)
  })
})

type Message = ReturnType<typeof signed>

const isOther = (one: Message, other: Message) =>
  !one.body.every((byte, at) => other.body[at] === byte) ||
  one.body.length !== other.body.length ||
  JSON.stringify(one.headers) !== JSON.stringify(other.headers)

/** A flipped bit, a cut, an insertion or a swap, in the body or in one of the headers. */
function mutation(messages: readonly Message[]) {
  const place = fc.constantFrom('body', 'webhook-id', 'webhook-timestamp', 'webhook-signature')
  const kind = fc.constantFrom('flip', 'cut', 'insert', 'drop', 'other')
  return fc
    .tuple(fc.constantFrom(...messages), place, kind, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.string())
    .map(([message, where, how, at, byte, text]) => {
      const original =
        where === 'body' ? Buffer.from(message.body) : Buffer.from(message.headers[where] ?? '')
      const index = at % original.length
      const rest = { before: original.subarray(0, index), after: original.subarray(index + 1) }
      const changedBytes = {
        flip: Buffer.concat([rest.before, Buffer.of((original[index] as number) ^ byte), rest.after]),
        cut: rest.before,
        insert: Buffer.concat([rest.before, Buffer.of(byte), original.subarray(index)]),
        drop: Buffer.concat([rest.before, rest.after]),
        other: Buffer.from(text)
      }[how]
      const changed: Message =
        where === 'body'
          ? { ...message, body: changedBytes }
          : { ...message, headers: { ...message.headers, [where]: changedBytes.toString('latin1') } }
      return { message, changed }
    })
}

describe('a key', () => {
  test.each([
    '',
    'secret',
    'whsec_',
    'whsec_AAAA',
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    'whsk_AAAA',
    'whsec_*not base64*'
  ])('that is none is refused, and not repeated: %s', (text) => {
    expect(() => parseSigningKey(text)).toThrow(/key/)
    expect(() => parseSigningKey(`${text}QUJDREVG*`)).not.toThrow('QUJDREVG')
  })

  test('is told apart by its fingerprint', () => {
    expect(fingerprintOf(shared.signing)).toMatch(/^[0-9a-f]{16}$/)
    expect(fingerprintOf(shared.signing)).not.toBe(fingerprintOf(pair.verifying))
  })

  test('of 64 bytes that begins with whsk_ has the public half behind the seed', () => {
    const seed = Buffer.from(pair.signing.slice(5), 'base64')
    const point = Buffer.from(pair.verifying.slice(5), 'base64')
    const long = `whsk_${Buffer.concat([seed, point]).toString('base64')}`
    expect(reasonOf(signed(long))).toBe('verified')
  })

  test('signs as RFC 8032 says', () => {
    // Test 2 of section 7.1 has no prefix of id and time, so the signature is checked by the pair itself.
    const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
    const point = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')
    const message = signed(`whsk_${seed.toString('base64')}`)
    const key = parseVerifyingKey(`whpk_${point.toString('base64')}`)
    expect(reasonOf(message, { keys: [key] })).toBe('verified')
  })
})
