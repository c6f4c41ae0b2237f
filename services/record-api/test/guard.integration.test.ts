import type { OperationOutcome } from '@chesil/fhir'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { guard } from '../src/access/guard.ts'
import { openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })

test('a route that names no rule stops the service before it listens', () => {
  const app = Fastify()
  const never = async () => {
    throw new Error('not asked')
  }
  guard(app, {
    verifyToken: never,
    audit: { disclosure: never, refusal: never } as never,
    onRefused: () => undefined
  })
  expect(() => app.get('/open', async () => 'all')).toThrow('GET /open names no access rule')
})

test('too many requests of one token are refused with when to come back; those of another go on', async () => {
  const api = openApi({ database: database(), pds, deps: { rateLimitPerMinute: 3 } })
  const person = await people.meet()
  const ask = (session: string) =>
    api.ask<OperationOutcome>(`Patient/${person.id}`, { token: tokenOf({ session }) })
  for (let n = 0; n < 3; n++) expect((await ask('a')).status).toBe(200)
  const refused = await ask('a')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'throttled' }] })
  expect((await ask('b')).status).toBe(200)
  await api.close()
})
