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

test('too many requests of one reader are refused with when to come back, a new token helps nothing; others go on', async () => {
  const api = openApi({ database: database(), pds, deps: { limits: { perReader: 3, perAddress: 1_000 } } })
  const person = await people.meet()
  const ask = (user: string, session: string) =>
    api.ask<OperationOutcome>(`Patient/${person.id}`, { token: tokenOf({ user, session }) })
  for (const session of ['1', '2', '3']) expect((await ask('a', session)).status).toBe(200)
  const refused = await ask('a', '4')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'throttled' }] })
  expect((await ask('b', '1')).status).toBe(200)
  await api.close()
})

test('an address that invents tokens is soon no longer listened to', async () => {
  const api = openApi({ database: database(), pds, deps: { limits: { perReader: 100, perAddress: 5 } } })
  const statuses: number[] = []
  for (let n = 0; n < 8; n++) statuses.push((await api.ask('Patient/x', { token: `invented${n}` })).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
  await api.close()
})
