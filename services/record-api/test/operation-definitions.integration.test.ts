import type { CapabilityStatement, OperationDefinition } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds: createFakePds() })
})
afterAll(() => api?.close())
const read = (name: string) => api.ask<OperationDefinition>(`OperationDefinition/${name}`, { token: '' })

test('every operation that the capabilities name can be read, by nobody in particular', async () => {
  const { body } = await api.ask<CapabilityStatement>('metadata', { token: '' })
  const operations = body.rest?.[0]?.resource?.flatMap(({ operation }) => operation ?? []) ?? []
  expect(operations.map(({ name }) => name)).toEqual([
    'changes',
    'completeness',
    'conflicts',
    'everything',
    'match',
    'refresh',
    'summary'
  ])
  for (const { name, definition } of operations) {
    const { status, body: found } = await read(name)
    expect([status, found.code]).toEqual([200, name])
    expect([found.url, found.base]).toContain(definition)
  }
})

test('an operation takes what its route takes', async () => {
  const { body } = await read('everything')
  const names = body.parameter?.map(({ name }) => name)
  expect(names).toEqual(['_since', '_asOf', '_type', '_revinclude', '_count', 'grouped', '_cursor', 'return'])
  expect([body.type, body.instance, body.affectsState]).toEqual([false, true, false])
})

test.each(['nothing', 'Everything', 'constructor'])('%s is no operation', async (name) => {
  const { status, body } = await read(name)
  expect([status, body.resourceType]).toEqual([404, 'OperationOutcome'])
})
