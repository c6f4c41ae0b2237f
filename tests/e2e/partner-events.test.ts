import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PartnerSystem, registerPartnerSystem } from '../support/partner.ts'
import { resourcesOf, type Stack, startStack } from '../support/stack.ts'

interface Receipt {
  readonly state: string
  readonly isFinal: boolean
  readonly persons: readonly { readonly patient: string }[]
  readonly issues: readonly { readonly text: string; readonly expression?: string }[]
}

let stack: Stack
let partner: PartnerSystem
let gateway: string
beforeAll(async () => {
  stack = await startStack({
    trusts: 1,
    councils: 1,
    partners: true,
    env: { sandbox: { SANDBOX_PEOPLE: '12' } }
  })
  gateway = stack.service('partner-gateway').url
  const pushed = stack.catalogue.sources.find(({ kind }) => kind === 'fhir-sender')
  const own = stack.catalogue.sources.filter(({ odsCode }) => odsCode === pushed?.odsCode)
  const council = stack.catalogue.sources.find(({ kind }) => kind === 'cld')
  partner = await registerPartnerSystem(stack.database, {
    id: 'engine',
    odsCode: pushed?.odsCode ?? '',
    sourceIds: [...own, ...(council ? [council] : [])].map(({ id }) => id),
    secretFile: stack.keys.partnerKeys
  })
}, 120_000)
afterAll(async () => {
  await partner?.close()
  await stack?.stop()
})

async function sendAndSettle(eventId: string, body: string, contentType?: string): Promise<Receipt> {
  const { status, text } = await partner.send(gateway, eventId, body, contentType)
  expect([status, text]).toEqual([202, expect.any(String)])
  const { id } = JSON.parse(text) as { id: string }
  const read = () => partner.ask<Receipt>(gateway, `/receipts/${id}`)
  await expect.poll(async () => (await read()).isFinal, { timeout: 20_000, interval: 50 }).toBe(true)
  return await read()
}

const preflight = async (body: string, contentType?: string) => {
  const { status, text } = await partner.send(`${gateway}`, 'never-sent', body, contentType, '/$preflight')
  return { status, body: JSON.parse(text) }
}

/** Somebody of the sandbox, as the trust's system knows them. */
async function somebody() {
  const [person] = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  if (!person) throw new Error('The sandbox has nobody')
  const [given = '', ...rest] = person.name.split(' ')
  return { ...person, given, family: person.family ?? rest.at(-1) }
}

const bundleFor = (person: Awaited<ReturnType<typeof somebody>>, id: string, observed: object): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: '2026-06-01T10:00:00Z',
    entry: [
      {
        resource: {
          resourceType: 'Patient',
          id: 'p1',
          identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: person.nhsNumber }],
          name: [{ family: person.family, given: [person.given] }],
          birthDate: person.birthDate
        },
        request: { method: 'PUT', url: 'Patient/p1' }
      },
      {
        resource: {
          resourceType: 'Observation',
          id,
          status: 'final',
          code: { text: 'A pushed test' },
          subject: { reference: 'Patient/p1' },
          ...observed
        },
        request: { method: 'PUT', url: `Observation/${id}` }
      }
    ]
  })

describe('what a partner pushes as FHIR', () => {
  test('is told by a preflight, then visible in the person’s record, then withdrawn', async () => {
    const person = await somebody()
    const patientId = (await stack.findPerson(person.nhsNumber)) as string
    await stack.settle(patientId)
    const body = bundleFor(person, 'o1', { valueString: 'positive' })
    const before = await preflight(body)
    expect(before).toMatchObject({
      status: 200,
      body: {
        outcome: 'taken',
        persons: [
          {
            isKnown: false,
            items: expect.arrayContaining([{ item: 'Observation/o1', would: 'create', issues: [] }])
          }
        ]
      }
    })
    const [kept] = await stack.database.query<{ events: number; items: number }>(
      `select (select count(*) from webhook_event) as events,
              (select count(*) from pushed_item) + (select count(*) from inbox_message where interface = 'fhir-r4-push') as items`
    )
    expect(kept).toEqual({ events: 0, items: 0 })

    expect(await sendAndSettle('e1', body)).toMatchObject({ issues: [] })
    const shown = async () =>
      resourcesOf((await stack.ask(`Patient/${patientId}/$everything`)).body, 'Observation').filter(
        (one) => (one as { code?: { text?: string } }).code?.text === 'A pushed test'
      )
    await expect.poll(async () => (await shown()).length, { timeout: 20_000 }).toBe(1)
    await expect
      .poll(
        async () => (await partner.ask<{ receipts: Receipt[] }>(gateway, '/receipts?eventId=e1')).receipts[0]
      )
      .toMatchObject({
        state: 'visible',
        persons: expect.arrayContaining([expect.objectContaining({ patient: patientId })])
      })
    expect((await preflight(body)).body).toMatchObject({
      persons: [
        {
          isKnown: true,
          items: expect.arrayContaining([{ item: 'Observation/o1', would: 'update', issues: [] }])
        }
      ]
    })

    const deletion = JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      timestamp: '2026-06-02T10:00:00Z',
      entry: [{ request: { method: 'DELETE', url: 'Observation/o1' } }]
    })
    await sendAndSettle('e2', deletion)
    await expect.poll(async () => (await shown()).length, { timeout: 20_000 }).toBe(0)
  })

  test('is rejected with what to mend, by the preflight as by the receipt', async () => {
    const person = await somebody()
    const { timestamp: _, ...timeless } = JSON.parse(bundleFor(person, 'o2', {}))
    const body = JSON.stringify(timeless)
    const told = (await preflight(body)).body
    expect(told).toMatchObject({ outcome: 'rejected', reason: expect.any(String) })
    expect(told.issues.length).toBeGreaterThan(0)
    const receipt = await sendAndSettle('e3', body)
    expect([receipt.state, receipt.issues]).toEqual(['rejected', told.issues])
  })
})

test('an HL7 v2 message goes through the door of HL7 v2, tried or sent', async () => {
  const source = stack.catalogue.sources.find(({ kind }) => kind === 'hl7v2')
  const sender = source?.kind === 'hl7v2' ? source.senders[0] : undefined
  const message = [
    `MSH|^~\\&|${sender?.application}|${sender?.facility}|CHESIL|QVV|20260601100000||ADT^A01^ADT_A01|C1|P|2.4`,
    'EVN|A01|20260601100000',
    `PID|1||T77^^^${sender?.facility}^PI||TEST^ANNA||19500421|F`,
    `PV1|1|I|WARD 1^^^${sender?.facility}||||||||||||||||V77|||||||||||||||||||||||||20260601093000`
  ].join('\r')
  const tried = (await preflight(message, 'application/hl7-v2')).body
  expect(tried).toMatchObject({ outcome: 'taken', persons: [{ isKnown: false }] })
  const receipt = await sendAndSettle('h1', message, 'application/hl7-v2')
  expect(['applied', 'visible']).toContain(receipt.state)
  const other = message.replace(`|${sender?.facility}|CHESIL`, '|NOBODY|CHESIL')
  expect((await preflight(other, 'application/hl7-v2')).body).toMatchObject({ outcome: 'rejected' })
  expect((await sendAndSettle('h2', other, 'application/hl7-v2')).state).toBe('rejected')
})

test('rows of Client Level Data that are none are rejected, with why', async () => {
  const tried = (await preflight('a,b\n1,2\n', 'text/csv')).body
  expect(tried).toMatchObject({ outcome: 'rejected' })
  expect((await sendAndSettle('c1', 'a,b\n1,2\n', 'text/csv')).issues).toEqual(tried.issues)
})

describe('a notice that somebody’s record has changed', () => {
  const notice = (nhsNumber: string) => JSON.stringify({ type: 'person.changed', data: { nhsNumber } })

  test('has the partner’s own sources asked', async () => {
    const { nhsNumber } = await somebody()
    await stack.findPerson(nhsNumber)
    expect((await preflight(notice(nhsNumber), 'application/json')).body).toMatchObject({ outcome: 'taken' })
    const receipt = await sendAndSettle('n1', notice(nhsNumber), 'application/json')
    expect(['applied', 'visible']).toContain(receipt.state)
    const pulls = await stack.database.query(
      `select outcome from pull where reader->>'userId' = 'partner:engine'`
    )
    expect(pulls).toHaveLength(1)
  })

  test('tells nothing of somebody restricted, or of nobody', async () => {
    const people = await stack.people()
    const restricted = people.find(({ kind }) => kind === 'restricted')?.nhsNumber ?? ''
    await stack.findPerson(restricted)
    const answers = []
    for (const [at, nhsNumber] of [restricted, '9990000018'].entries()) {
      const { state, issues, persons } = await sendAndSettle(`nn${at}`, notice(nhsNumber), 'application/json')
      answers.push({ state, issues, persons })
    }
    expect(answers[0]).toEqual(answers[1])
  })
})
