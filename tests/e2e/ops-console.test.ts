import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  assertPerson,
  createDatabase,
  type Database,
  makeSubscription,
  systemIds
} from '@chesil/record-store'
import { generateKey, parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase as createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'

let own: TestDatabase
let db: Database
let sandbox: SpawnedService
let console: SpawnedService
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'chesil-console-'))
  const secret = path.join(folder, 'secret')
  writeFileSync(secret, randomBytes(32).toString('hex'), { mode: 0o600 })
  own = await createTestDatabase()
  db = createDatabase({ url: own.url, applicationName: 'test' })
  sandbox = await spawnService('sandbox', { SANDBOX_PEOPLE: '1', TOKEN_AUDIENCE: 'https://record.example' })
  console = await spawnService('ops-console', {
    DATABASE_URL: own.url,
    OIDC_ISSUER: `${sandbox.url}/issuer`,
    OIDC_CLIENT_ID: 'ops-console',
    SESSION_SECRET: `file:${secret}`,
    PARTNER_KEYS_SECRET: `file:${secret}`,
    ALLOWED_ADDRESSES: '127.0.0.0/8'
  })
}, 60_000)
afterAll(async () => {
  await console?.stop()
  await sandbox?.stop()
  await db?.close()
  await own?.drop()
  rmSync(folder, { recursive: true, force: true })
})

type Form = Readonly<Record<string, string | readonly string[]>>

/** A browser without JavaScript: it keeps cookies, and follows redirects. */
function openBrowser() {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }
  async function go(url: string, form?: Form): Promise<Page> {
    const target = new URL(url, console.url)
    const jar = jarOf(target.origin)
    const response = await fetch(target, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: encode(form) })
    })
    for (const cookie of response.headers.getSetCookie()) keep(cookie, jar)
    const location = response.headers.get('location')
    const text = await response.text()
    if (location && response.status < 400) return await go(new URL(location, target).href)
    return { status: response.status, text, url: target.href, headers: response.headers }
  }
  return {
    go,
    cookies: () => jarOf(new URL(console.url).origin),
    /** Chooses whom to be at the issuer. */
    async signIn(name: string): Promise<Page> {
      const choice = await go('/sign-in')
      const link = new RegExp(`href="([^"]+)">${name}<`).exec(choice.text)?.[1]?.replaceAll('&amp;', '&')
      return await go(new URL(link ?? '', choice.url).href)
    },
    /** Sends a form of the page where it is. */
    async send(page: string, action: string, fields: Form = {}): Promise<Page> {
      const token = /name="_csrf" value="([^"]+)"/.exec((await go(page)).text)?.[1] ?? ''
      return await go(action, { _csrf: token, ...fields })
    }
  }
}

const encode = (form: Form) =>
  new URLSearchParams(
    Object.entries(form).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value])
    )
  )

function keep(cookie: string, jar: Map<string, string>): void {
  const [pair = ''] = cookie.split(';')
  const at = pair.indexOf('=')
  if (/max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) jar.delete(pair.slice(0, at))
  else jar.set(pair.slice(0, at), pair.slice(at + 1))
}

interface Page {
  readonly status: number
  readonly text: string
  readonly url: string
  readonly headers: Headers
}

const registered = {
  id: 'rxx-engine',
  name: '<script>alert(1)</script> & "Engine"',
  organisation: 'RXX',
  sources: 'rxx-fhir'
}
const pathOf = ({ url }: Page) => new URL(url).pathname

describe('the console', () => {
  const browser = openBrowser()
  let endpoint = ''
  let subscription = ''
  const received: { headers: Record<string, string>; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ headers: request.headers as Record<string, string>, body })
    response.writeHead(204).end()
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => server.close())
  const hook = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

  test('shows nothing to whoever has not signed in', async () => {
    const stranger = openBrowser()
    const id = randomUUID()
    const pages = [
      '/',
      '/partners',
      '/partners/x',
      '/partners/x/events',
      `/partners/x/subscriptions/${id}`,
      '/event-catalogue',
      '/verify-signature'
    ]
    for (const page of pages) expect(pathOf(await stranger.go(page))).toBe('/issuer/authorize')
    const actions = [
      '/partners',
      '/partners/x/suspend',
      '/partners/x/keys',
      `/partners/x/endpoints/${id}/test`,
      '/verify-signature',
      '/sign-out'
    ]
    for (const action of actions) expect((await stranger.go(action, { id: 'y' })).status).toBe(401)
    expect((await stranger.go('/no-such-page')).status).toBe(404)
  })

  test('does not let somebody in who lacks the role, nor with an answer to no attempt', async () => {
    const other = openBrowser()
    const refused = await other.signIn('Sam Quay')
    expect(refused.status).toBe(403)
    expect(pathOf(await other.go('/partners'))).toBe('/issuer/authorize')
    expect((await openBrowser().go('/sign-in/done?code=x&state=y')).status).toBe(400)
  })

  test('lets an operator in', async () => {
    const page = await browser.signIn('Ellis Ward')
    expect(page.status).toBe(200)
    expect(pathOf(page)).toBe('/partners')
    expect(page.text).toContain('Ellis Ward')
    for (const value of browser.cookies().values()) expect(decodeURIComponent(value)).not.toContain('Ellis')
  })

  test('has strict headers on every page', async () => {
    for (const page of ['/partners', '/event-catalogue', '/verify-signature', '/no-such-page']) {
      const { headers, text } = await browser.go(page)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|script-src|\*/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(text).not.toMatch(/<script|style="|onclick/i)
    }
    expect((await browser.go('/assets/nhsuk.css')).headers.get('content-type')).toContain('text/css')
  })

  test('takes no form that its own pages have not made', async () => {
    expect((await browser.go('/partners', registered)).status).toBe(403)
    expect((await browser.go('/partners', { ...registered, _csrf: 'made-up' })).status).toBe(403)
  })

  test('registers a partner, and shows its name as what it is', async () => {
    const page = await browser.send('/partners', '/partners', registered)
    expect(page.text).toContain('rxx-engine is registered')
    expect(page.text).toContain('&lt;script&gt;')
    expect(page.text).not.toContain('<script>')
    const again = await browser.send('/partners', '/partners', registered)
    expect(again.text).toContain('There is a partner of this id')
    expect((await browser.send('/partners', '/partners', { ...registered, id: 'Not An Id' })).text).toContain(
      'An id is'
    )
  })

  test('shows a key once', async () => {
    const page = await browser.send('/partners/rxx-engine', '/partners/rxx-engine/keys')
    const secret = /whsec_[A-Za-z0-9+/=]+/.exec(page.text)?.[0]
    expect(secret).toBeDefined()
    const after = await browser.go('/partners/rxx-engine')
    expect(after.text).not.toContain(secret)
    const revoke = /action="([^"]+\/revoke)"/.exec(after.text)?.[1] ?? ''
    expect((await browser.send('/partners/rxx-engine', revoke)).text).toContain('The key is revoked')
    expect(
      (await browser.send('/partners/rxx-engine', '/partners/rxx-engine/keys', { public: 'whsec_AAAA' })).text
    ).toContain('key')
  })

  test('registers an endpoint, and sends it a test event that is signed', async () => {
    const at = '/partners/rxx-engine'
    expect((await browser.send(at, `${at}/endpoints`, { url: hook() })).text).toContain('https address')
    await browser.send(at, `${at}/endpoints`, { url: hook(), ranges: '127.0.0.0/8' })
    endpoint = /endpoints\/([0-9a-f-]{36})\/test/.exec((await browser.go(at)).text)?.[1] ?? ''
    expect((await browser.send(at, `${at}/endpoints/${endpoint}/test`)).text).toContain('no key yet')
    const key = await browser.send(at, `${at}/endpoints/${endpoint}/keys`)
    const secret = /whsec_[A-Za-z0-9+/=]+/.exec(key.text)?.[0] ?? ''
    expect((await browser.send(at, `${at}/endpoints/${endpoint}/test`)).text).toContain('answered with 204')
    const [event] = received
    expect(new Webhook(secret).verify(event?.body ?? '', event?.headers ?? {})).toMatchObject({
      type: 'subscription.test'
    })
  })

  test('shows subscriptions and deliveries, ends and resumes them, and no person anywhere', async () => {
    subscription = systemIds.newId()
    const made = {
      id: subscription,
      partnerId: 'rxx-engine',
      url: hook(),
      topic: 'new-result',
      format: 'fhir',
      content: 'id-only'
    } as const
    await db.transaction(async (sql) => {
      await makeSubscription(sql, {
        ...made,
        heartbeatSeconds: undefined,
        endsAt: undefined,
        deliveryId: systemIds.newId()
      })
      const person = { nhsNumber: '9990000018', birthDate: '1950-04-21', relationship: 'inpatient' }
      await assertPerson(sql, subscription, { ...person, id: systemIds.newId(), assertedBy: 'test' })
    })
    const at = `/partners/rxx-engine/subscriptions/${subscription}`
    const page = await browser.go(at)
    expect(page.text).toContain('handshake')
    expect((await browser.send(at, `${at}/end`)).text).toContain('It is off')
    expect((await browser.go(`${at}?state=dead`)).text).toContain('by-operator')
    expect((await browser.send(at, `${at}/redeliver`, { delivery: randomUUID() })).text).toContain(
      'resume it first'
    )
    expect((await browser.send(at, `${at}/resume`)).text).toContain('handshake is on its way')
    expect((await browser.send(at, `${at}/redeliver`)).text).toContain('Choose deliveries first')
    for (const shown of [at, '/partners/rxx-engine', '/partners', '/partners/rxx-engine/events'])
      expect((await browser.go(shown)).text).not.toMatch(/9990000018|1950-04-21/)
    expect((await browser.go(`/partners/somebody-else/subscriptions/${subscription}`)).status).toBe(404)
  })

  test('shows what a partner sent by its state, and tries what failed again', async () => {
    const id = randomUUID()
    await db.query(
      `insert into webhook_event (id, partner_id, event_id, form, content_type, body, body_hash, state, reason)
       values ($1, 'rxx-engine', 'e-1', 'fhir', 'application/fhir+json', '\\x41', 'h', 'dead', 'store away')`,
      [id]
    )
    const at = '/partners/rxx-engine/events'
    expect((await browser.go(`${at}?state=dead`)).text).toContain('store away')
    expect((await browser.go(`${at}?state=taken`)).text).not.toContain('store away')
    expect((await browser.go(`${at}?state=lost`)).status).toBe(400)
    expect((await browser.send(at, `${at}/retry`, { event: [id] })).text).toContain('1 are tried again')
  })

  test('verifies a signature, and says what is wrong with one; the key is not sent back', async () => {
    const key = generateKey('v1').signing
    const headers = signWebhook({
      id: 'e1',
      now: 1_700_000_000_000,
      body: Buffer.from('{}'),
      keys: [parseSigningKey(key)]
    })
    const asked = {
      key,
      id: 'e1',
      timestamp: headers['webhook-timestamp'],
      signature: headers['webhook-signature'],
      body: '{}'
    }
    const right = await browser.send('/verify-signature', '/verify-signature', asked)
    expect(right.text).toContain('The signature is right')
    expect(right.text).not.toContain(key)
    expect(
      (await browser.send('/verify-signature', '/verify-signature', { ...asked, body: '{ }' })).text
    ).toContain('wrong-signature')
    expect(
      (await browser.send('/verify-signature', '/verify-signature', { ...asked, key: 'x' })).text
    ).toContain('no-key')
  })

  test('names what partners can send and be told of', async () => {
    const { text } = await browser.go('/event-catalogue')
    for (const one of ['application/hl7-v2+er7', 'record-changed', 'person.changed'])
      expect(text).toContain(one)
  })

  test('writes down what was done, and by whom', async () => {
    const actions = await db.query<{ action: string; by: string }>(
      'select action, by from operator_action order by id'
    )
    expect(new Set(actions.map(({ by }) => by))).toEqual(new Set(['Ellis Ward (555000000001)']))
    expect(actions.map(({ action }) => action)).toEqual([
      ...['partner-registered', 'key-added', 'key-revoked', 'endpoint-added', 'key-added', 'test-event-sent'],
      ...['subscription-ended', 'subscription-resumed', 'events-retried']
    ])
  })

  test('has labels for all that can be entered, and names for what can be scrolled', async () => {
    for (const page of [
      '/partners',
      '/partners/rxx-engine',
      '/partners/rxx-engine/events',
      '/verify-signature'
    ]) {
      const { text } = await browser.go(page)
      const ids = [...text.matchAll(/<(?:input|select|textarea)[^>]* id="([^"]+)"/g)].map((match) => match[1])
      for (const id of ids) expect(text).toContain(`for="${id}"`)
      const unnamed = [...text.matchAll(/<input(?![^>]*(?:type="hidden"|aria-label=| id=))[^>]*>/g)]
      expect(unnamed).toEqual([])
      expect(text.match(/<h1/g)).toHaveLength(1)
      expect(text).toContain('lang="en-GB"')
    }
  })

  test('knows nobody any more after signing out', async () => {
    expect(pathOf(await browser.send('/partners', '/sign-out'))).toBe('/issuer/authorize')
    expect(pathOf(await browser.go('/partners'))).toBe('/issuer/authorize')
  })
})
