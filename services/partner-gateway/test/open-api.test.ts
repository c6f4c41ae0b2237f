import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Database } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { expect, test } from 'vitest'
import { type AppDeps, buildApp } from '../src/app.ts'

const file = path.join(import.meta.dirname, '../../../openapi/partner-gateway.json')
const howToWrite =
  'openapi/partner-gateway.json is not what the routes say: write it anew with ' +
  'UPDATE_OPENAPI=1 npm test -- services/partner-gateway/test/open-api'

const unused = async (): Promise<never> => {
  throw new Error('No route is asked here')
}
const deps: AppDeps = {
  log: createLogger('test', 'silent'),
  findPartner: async () => undefined,
  verifyToken: unused,
  toleranceSeconds: 300,
  now: Date.now,
  accept: unused,
  preview: unused,
  newId: () => '00000000-0000-4000-8000-000000000000',
  readReceipts: unused,
  database: {} as Database,
  authorise: unused,
  audit: { assertion: unused, told: unused },
  recordBase: 'https://record.example/fhir/R4',
  maxBodyBytes: 1_000,
  publicUrl: () => 'https://gateway.example',
  limits: { perPartner: 1_000, perAddress: 1_000 },
  trustedProxies: [],
  onAccepted: () => undefined,
  onRefused: () => undefined
}

test('openapi/partner-gateway.json is what the routes say', async () => {
  const app = buildApp(deps)
  await app.ready()
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(file, text)
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '', howToWrite).toBe(text)
})

test('every route needs credentials of a partner', async () => {
  const app = buildApp(deps)
  for (const [method, url] of [
    ['POST', '/webhooks/somebody'],
    ['POST', '/webhooks/somebody/$preflight'],
    ['GET', '/receipts'],
    ['GET', '/receipts/00000000-0000-4000-8000-000000000000']
  ] as const) {
    const answer = await app.inject({ method, url, headers: { 'chesil-partner': 'somebody' } })
    expect([url, answer.statusCode]).toEqual([url, 401])
  }
})
