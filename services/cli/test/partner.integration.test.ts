import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findPartnerWithKeys } from '@chesil/record-store'
import { createSealing } from '@chesil/service-kit'
import { generateKey, parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import { afterAll, expect, test } from 'vitest'
import { chesil } from './support/chesil.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db, url } = useDatabase()
const secret = 'a secret of thirty-two characters or more'
const run = (...args: readonly string[]) =>
  chesil(args, { DATABASE_URL: url(), PARTNER_KEYS_SECRET: 'env:SECRET', SECRET: secret })

const folder = mkdtempSync(path.join(tmpdir(), 'chesil-partner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const register = (id: string) =>
  run(
    'partner',
    'register',
    id,
    '--name',
    'RXX engine',
    '--organisation',
    'RXX',
    '--source',
    'rxx-fhir',
    '--by',
    't'
  )

test('a partner is registered once, and gets a key that is shown once and lies sealed', async () => {
  expect(await register('rxx-engine')).toMatchObject({ code: 0 })
  expect(await register('rxx-engine')).toMatchObject({ code: 1 })
  const { stdout } = await run('partner', 'key', 'add', 'rxx-engine', '--by', 't')
  const shown = /whsec_\S+/.exec(stdout)?.[0] ?? ''
  const partner = await findPartnerWithKeys(db(), 'rxx-engine')
  expect(partner?.keys).toHaveLength(1)
  const [key] = partner?.keys ?? []
  expect(key && createSealing(secret).open(key.sealed, key.id)).toBe(shown)
  expect((await run('partner', 'key', 'list', 'rxx-engine')).stdout).not.toContain('whsec_')
})

test('two keys are live at most; one that is revoked makes room', async () => {
  await register('two-keys')
  const first = await run('partner', 'key', 'add', 'two-keys', '--by', 't')
  const id = first.stdout.slice(0, 36)
  const publicKey = generateKey('v1a').verifying
  expect(await run('partner', 'key', 'add', 'two-keys', '--public', publicKey, '--by', 't')).toMatchObject({
    code: 0
  })
  const third = await run('partner', 'key', 'add', 'two-keys', '--by', 't')
  expect(third).toMatchObject({ code: 1 })
  expect(third.stderr).toContain('revoke one')
  expect(await run('partner', 'key', 'revoke', id, '--by', 't')).toMatchObject({ code: 0 })
  expect(await run('partner', 'key', 'add', 'two-keys', '--by', 't')).toMatchObject({ code: 0 })
})

test('a partner is suspended, and resumed', async () => {
  await register('to-suspend')
  expect(await run('partner', 'suspend', 'to-suspend', '--by', 't')).toMatchObject({ code: 0 })
  expect((await run('partner', 'list')).stdout).toContain('to-suspend  RXX  RXX engine  rxx-fhir  suspended')
  expect(await run('partner', 'suspend', 'to-suspend', '--by', 't')).toMatchObject({ code: 1 })
  expect(await run('partner', 'resume', 'to-suspend', '--by', 't')).toMatchObject({ code: 0 })
})

test('a signature is verified, whatever its age', async () => {
  const key = generateKey('v1').signing
  const body = path.join(folder, 'body.json')
  writeFileSync(body, '{}')
  const headers = signWebhook({
    id: 'e1',
    now: 1_700_000_000_000,
    body: Buffer.from('{}'),
    keys: [parseSigningKey(key)]
  })
  const verify = (signature: string) =>
    chesil(
      [
        'partner',
        'verify',
        body,
        '--id',
        'e1',
        '--timestamp',
        headers['webhook-timestamp'],
        '--signature',
        signature
      ],
      { WEBHOOK_KEY: key }
    )
  expect(await verify(headers['webhook-signature'])).toMatchObject({
    code: 0,
    stdout: 'The signature is right\n'
  })
  const wrong = await verify('v1,AAAA')
  expect(wrong).toMatchObject({ code: 1 })
  expect(wrong.stderr).toContain('wrong-signature')
  expect(wrong.stderr).not.toContain(key)
})

test.each([
  [
    ['partner', 'register', 'Big_Id', '--name', 'n', '--organisation', 'RXX', '--source', 's', '--by', 't'],
    'An id is'
  ],
  [
    ['partner', 'register', 'x1', '--name', 'n', '--organisation', 'no code', '--source', 's', '--by', 't'],
    'ODS code'
  ],
  [['partner', 'key', 'add', 'nobody', '--by', 't'], 'no such partner'],
  [['partner', 'key', 'add', 'nobody', '--public', 'whsec_AAAA', '--by', 't'], 'key'],
  [['partner', 'key', 'revoke', 'x', '--by', 't'], 'no id'],
  [['partner', 'retry', 'x', '--by', 't'], 'no id'],
  [['partner', 'verify', 'x', '--id', 'a', '--timestamp', '1', '--signature', 's'], 'WEBHOOK_KEY']
])('what is wrong with %j is said', async (args, words) => {
  const { code, stderr } = await run(...args)
  expect(code).toBe(1)
  expect(stderr).toContain(words)
})
