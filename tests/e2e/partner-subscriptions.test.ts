import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chesil } from '@chesil/fhir'
import { createEndpointDesk, createKeyDesk } from '@chesil/partner-desk'
import { resourceIdOf } from '@chesil/record-store'
import { createSealing } from '@chesil/service-kit'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PartnerSystem, registerPartnerSystem } from '../support/partner.ts'
import { type Stack, startStack } from '../support/stack.ts'

interface Notification {
  readonly resourceType: string
  readonly entry: readonly {
    readonly fullUrl: string
    readonly resource?: {
      readonly parameter: readonly { readonly name: string; readonly valueCode?: string }[]
    }
  }[]
}

let stack: Stack
let partner: PartnerSystem
let gateway: string
let secret = ''
let sourceId = ''
const received: { readonly headers: Record<string, string>; readonly body: string }[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  received.push({ headers: request.headers as Record<string, string>, body })
  response.writeHead(204).end()
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack = await startStack({ trusts: 1, partners: true, env: { sandbox: { SANDBOX_PEOPLE: '12' } } })
  gateway = stack.service('partner-gateway').url
  const pushed = stack.catalogue.sources.find(({ kind }) => kind === 'fhir-sender')
  sourceId = pushed?.id ?? ''
  partner = await registerPartnerSystem(stack.database, {
    id: 'engine',
    odsCode: pushed?.odsCode ?? '',
    sourceIds: [sourceId],
    secretFile: stack.keys.partnerKeys
  })
  const sealing = createSealing(readFileSync(stack.keys.partnerKeys, 'utf8').trim())
  const desk = { database: stack.database, sealing }
  const endpoint = { partnerId: 'engine', url: hook(), allowedRanges: ['127.0.0.0/8'] }
  const endpointId = await createEndpointDesk(desk).add(endpoint, 'test')
  secret = (await createKeyDesk(desk).addToEndpoint(endpointId, 'v1', 'test')).shown ?? ''
}, 120_000)
afterAll(async () => {
  await partner?.close()
  await stack?.stop()
  server.close()
})

const hook = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

/** Verified by the library of the specification. */
const notifications = (): readonly Notification[] =>
  received.map(({ headers, body }) => new Webhook(secret).verify(body, headers) as Notification)
const typeOf = ({ entry }: Notification): string | undefined =>
  entry[0]?.resource?.parameter.find(({ name }) => name === 'type')?.valueCode

test('a partner subscribes, names a person, and is told of what is new; it then reads that with its own credentials', {
  timeout: 60_000
}, async () => {
  const [person] = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  if (!person) throw new Error('The sandbox has nobody')
  const patientId = (await stack.findPerson(person.nhsNumber)) as string
  await stack.settle(patientId)

  const made = await partner.post<{ id: string; status: string }>(gateway, '/fhir/Subscription', {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'Discharge planning',
    criteria: chesil.subscriptionTopic('new-result'),
    channel: { type: 'rest-hook', endpoint: hook(), payload: 'application/fhir+json' }
  })
  await expect.poll(() => notifications().map(typeOf), { timeout: 10_000 }).toEqual(['handshake'])
  await partner.post(gateway, `/subscriptions/${made.id}/persons`, {
    nhsNumber: person.nhsNumber,
    birthDate: person.birthDate,
    relationship: 'inpatient'
  })

  const [given = '', ...rest] = person.name.split(' ')
  const event = {
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: '2026-06-01T10:00:00Z',
    entry: [
      {
        resource: {
          resourceType: 'Patient',
          id: 'p1',
          identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: person.nhsNumber }],
          name: [{ family: person.family ?? rest.at(-1), given: [given] }],
          birthDate: person.birthDate
        },
        request: { method: 'PUT', url: 'Patient/p1' }
      },
      {
        resource: {
          resourceType: 'Observation',
          id: 'o1',
          status: 'final',
          code: { text: 'A pushed test' },
          subject: { reference: 'Patient/p1' },
          valueString: 'positive'
        },
        request: { method: 'PUT', url: 'Observation/o1' }
      }
    ]
  }
  const startedAt = performance.now()
  const { status } = await partner.send(gateway, 'told-1', JSON.stringify(event))
  expect(status).toBe(202)
  const pushed = `Observation/${resourceIdOf(sourceId, 'Observation', 'Observation/o1')}`
  const findTold = () =>
    notifications().find(({ entry }) => entry.some(({ fullUrl }) => fullUrl.endsWith(pushed)))
  await expect
    .poll(() => findTold() && typeOf(findTold() as Notification), { timeout: 20_000, interval: 10 })
    .toBe('event-notification')
  process.stdout.write(`told ${(performance.now() - startedAt).toFixed(0)} ms after it was pushed\n`)
  const named = findTold()?.entry.map(({ fullUrl }) => fullUrl) ?? []
  expect(named.some((url) => url.endsWith(`/Patient/${patientId}`))).toBe(true)
  expect((await stack.ask<{ code: { text: string } }>(pushed)).body.code.text).toBe('A pushed test')

  expect(received.map(({ body }) => body).join()).not.toContain(person.nhsNumber)
  const events = await partner.ask<Notification>(gateway, `/fhir/Subscription/${made.id}/$events`)
  expect(typeOf(events)).toBe('query-event')
  const [told] = await stack.database.query<{ count: number }>(
    `select count(*) from audit_event where patient_id = $1 and body like '%$notify%'`,
    [patientId]
  )
  expect(told?.count).toBe(notifications().filter((one) => typeOf(one) === 'event-notification').length)
})
