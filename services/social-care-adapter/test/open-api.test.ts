import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createLogger } from '@chesil/service-kit'
import { expect, test } from 'vitest'
import { type AppDeps, buildApp } from '../src/app.ts'

const file = path.join(import.meta.dirname, '../../../openapi/social-care-adapter.json')
const howToWrite =
  'openapi/social-care-adapter.json is not what the routes say: write it anew with ' +
  'UPDATE_OPENAPI=1 npm test -- services/social-care-adapter/test/open-api'

const unused = async (): Promise<never> => {
  throw new Error('No route is asked here')
}
const deps: AppDeps = {
  log: createLogger('test', 'silent'),
  verifyToken: unused,
  councils: new Map(),
  takeFile: unused,
  findSubmission: unused,
  takeAdw: unused,
  answerNotice: unused,
  takePrsb: unused,
  uploadMs: 1_000,
  maxMessageBytes: 1_000,
  trustedProxies: [],
  onRefused: () => undefined
}

test('openapi/social-care-adapter.json is what the routes say', async () => {
  const app = buildApp(deps)
  await app.ready()
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(file, text)
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '', howToWrite).toBe(text)
})

test('every route needs a token of a system', async () => {
  const app = buildApp(deps)
  for (const [method, url] of [
    ['POST', '/cld'],
    ['GET', '/cld/00000000-0000-4000-8000-000000000000'],
    ['POST', '/adw'],
    ['POST', '/adw/answers'],
    ['POST', '/prsb']
  ] as const) {
    const answer = await app.inject({ method, url })
    expect([url, answer.statusCode]).toEqual([url, 401])
  }
})
