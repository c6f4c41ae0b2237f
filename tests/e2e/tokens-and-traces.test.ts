import type { OperationOutcome, Resource } from '@chesil/fhir'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { resourcesOf, type SandboxPerson, type Stack, startStack } from '../support/stack.ts'

let stack: Stack
let person: SandboxPerson
let id: string
let monitor: Redis
/** Every command that Redis was sent, with its arguments. */
const redisCommands: string[] = []
beforeAll(async () => {
  monitor = await new Redis(inject('redisUrl')).monitor()
  monitor.on('monitor', (_time: string, args: string[]) => redisCommands.push(args.join(' ')))
  stack = await startStack()
  person = (await stack.people()).find(
    ({ kind, family }) => kind === 'ordinary' && family.length > 5
  ) as SandboxPerson
  id = (await stack.findPerson(person.nhsNumber)) as string
  await stack.settle(id)
})
afterAll(async () => {
  monitor?.disconnect()
  await stack?.stop()
})

const auditRows = async () => {
  const [row] = await stack.database.query<{ count: number }>('select count(*) from audit_event')
  return row?.count ?? 0
}

describe('a token that is not good enough', () => {
  test.each([
    ['none at all', () => '', 401],
    ['rubbish', () => 'abc.def.ghi', 401],
    ['an expired one', () => stack.issueToken({ defect: 'expired' }), 401],
    ['one for somebody else', () => stack.issueToken({ defect: 'other-audience' }), 401],
    ['one that never ends', () => stack.issueToken({ defect: 'no-expiry' }), 401],
    ['an unsigned one', () => stack.issueToken({ defect: 'unsigned' }), 401],
    ['one signed by somebody else', async () => `${(await stack.issueToken({})).slice(0, -8)}AAAAAAAA`, 401],
    ['one without a scope', () => stack.issueToken({ defect: 'no-scope' }), 403],
    ['one with the scope of another type', () => stack.issueToken({ scope: 'user/Observation.rs' }), 403],
    [
      'one whose scope is limited to a search',
      () => stack.issueToken({ scope: 'user/Patient.rs?gender=male' }),
      403
    ],
    ['one for the patient of a launch', () => stack.issueToken({ scope: 'patient/*.rs' }), 403],
    ['one that may only search', () => stack.issueToken({ scope: 'user/*.s' }), 403],
    ['one without a purpose of use', () => stack.issueToken({ purposeOfUse: '' }), 403],
    ['one for research', () => stack.issueToken({ purposeOfUse: 'HRESCH' }), 403],
    ['one of a role we do not know', () => stack.issueToken({ roleCode: 'S8000:G8000:R9999' }), 403]
  ])('%s is refused with an OperationOutcome and an audit row', async (_case, token, status) => {
    const before = await auditRows()
    const answer = await stack.ask<OperationOutcome>(`Patient/${id}/$everything`, { token: await token() })
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
    expect(answer.text).not.toContain(person.family)
    expect(await auditRows()).toBe(before + 1)
  })

  test('a scope lets through just its types, and the answer says that something is withheld', async () => {
    const token = await stack.issueToken({ scope: 'user/Patient.rs user/Condition.rs' })
    const { body } = await stack.ask(`Patient/${id}/$everything`, { token })
    const types = new Set(resourcesOf(body).map(({ resourceType }) => resourceType))
    expect([...types].filter((type) => type !== 'Patient' && type !== 'Condition')).toEqual([])
  })
})

test('without an audit row there is no data', async () => {
  await stack.database.query('alter table audit_event rename to audit_event_away')
  const answers = await Promise.all(
    [
      `Patient/${id}`,
      `Patient/${id}/$everything`,
      `Patient?identifier=${person.nhsNumber}`,
      `Observation?patient=${id}`
    ].map((path) => stack.ask<OperationOutcome>(path))
  )
  await stack.database.query('alter table audit_event_away rename to audit_event')
  for (const { status, text, headers } of answers) {
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toBeTruthy()
    expect(text).not.toContain(person.family)
  }
  expect((await stack.ask(`Patient/${id}`)).status).toBe(200)
})

test('nobody’s number or name is in logs, Redis or metrics', async () => {
  const paths = [
    `Patient?identifier=${person.nhsNumber}`,
    `Patient?family=${person.family}&birthdate=${person.birthDate}`,
    `Patient/${id}`,
    `Patient/${id}/$everything?_count=3`,
    `Patient/${id}/$completeness`,
    `Observation?patient=${id}&code=${person.nhsNumber}`,
    `Observation?patient=${id}&${person.nhsNumber}=1`,
    `Nothing/${person.nhsNumber}?name=${person.family}`,
    `Patient/${person.nhsNumber}`,
    `Patient/${person.nhsNumber}/$everything`,
    `Encounter?patient=${person.nhsNumber}`
  ]
  const headers = { 'x-request-id': person.nhsNumber, 'x-correlation-id': person.family }
  for (const path of paths) await stack.ask<Resource>(path, { headers })
  await stack.ask(`Patient/${id}/$refresh`, { method: 'POST' })
  for (const other of (await stack.people()).slice(0, 12)) await stack.findPerson(other.nhsNumber)

  const services = (['record-api', 'gp-adapter', 'record-builder'] as const).map((name) =>
    stack.service(name)
  )
  const logs = services.map((service) => service.logs())
  const addresses = logs.flatMap((log) =>
    [...log.matchAll(/Server listening at (http:[^"]+)/g)].map((match) => match[1])
  )
  const metrics = await Promise.all(addresses.map(async (url) => (await fetch(`${url}/metrics`)).text()))
  expect(metrics.join('')).toContain('chesil_http_request_seconds')
  expect(redisCommands.join('\n')).toContain('pull')

  const places = { logs: logs.join('\n'), redis: redisCommands.join('\n'), metrics: metrics.join('\n') }
  for (const one of await stack.people()) {
    for (const [place, text] of Object.entries(places)) {
      expect(text.includes(one.nhsNumber), `${place} holds an NHS number`).toBe(false)
    }
  }
  for (const [place, text] of Object.entries(places)) {
    expect(text.includes(person.family), `${place} holds a name`).toBe(false)
    expect(text.includes(person.birthDate), `${place} holds a birth date`).toBe(false)
  }
})
