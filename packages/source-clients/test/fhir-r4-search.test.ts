import { describe, expect, test, vi } from 'vitest'
import { openOutbound } from './support/servers.ts'
import {
  base,
  condition,
  connect,
  idsOn,
  nhsNumber,
  patient,
  search,
  searchset,
  sendJson,
  serveTrust
} from './support/trust.ts'

describe('a person is found by NHS number', () => {
  const find = async (body: unknown, status = 200) => {
    const { server, seen } = await serveTrust((_, response) => sendJson(response, body, status))
    return { found: await connect(server).findPatient(nhsNumber), seen }
  }

  test('and the answer is passed on as it came', async () => {
    const text = ` ${JSON.stringify(searchset([patient()]))}\n`
    const { found, seen } = await find(text)
    expect(found).toMatchObject({ outcome: 'answered', id: 'p1' })
    expect('body' in found && Buffer.from(found.body).toString()).toBe(text)
    expect(seen.map(({ pathname }) => pathname)).toEqual([`${base}/Patient`])
    expect(seen[0]?.searchParams.get('identifier')).toBe('https://fhir.nhs.uk/Id/nhs-number|9000000009')
  })

  test('nobody there is an answer, too', async () => {
    const { found } = await find(searchset([]))
    expect(found).toMatchObject({ outcome: 'answered' })
    expect(found).not.toHaveProperty('id')
  })

  test.each([
    ['two people', [patient('p1'), patient('p2')], 'ambiguous-patient'],
    ['a person of another number', [patient('p1', '9000000017')], 'wrong-patient'],
    ['a person without a number', [{ resourceType: 'Patient', id: 'p1' }], 'wrong-patient'],
    [
      'the right person, and beside them a stranger',
      [patient(), patient('p2', '9000000017')],
      'wrong-patient'
    ],
    ['an id that is a path', [patient('../Patient')], 'not-a-searchset']
  ])('%s is no answer', async (_case, patients, code) => {
    expect((await find(searchset(patients))).found).toMatchObject({ outcome: 'failed', code })
  })

  test.each([
    ['that is not in use', { active: false }],
    ['that was replaced', { link: [{ type: 'replaced-by', other: { reference: 'Patient/p1' } }] }]
  ])('beside a record of the same person %s', async (_case, changes) => {
    const { found } = await find(searchset([patient('old', nhsNumber, changes), patient('p1')]))
    expect(found).toMatchObject({ outcome: 'answered', id: 'p1' })
  })

  test.each([
    [404, {}, { outcome: 'not-disclosed' }],
    [403, {}, { outcome: 'failed', status: 403 }],
    [302, {}, { outcome: 'failed', status: 302, code: 'redirect' }],
    [
      200,
      { resourceType: 'OperationOutcome' },
      { outcome: 'failed', status: 200, code: 'operation-outcome' }
    ],
    [
      200,
      { resourceType: 'Bundle', type: 'collection' },
      { outcome: 'failed', status: 200, code: 'not-a-searchset' }
    ],
    [
      200,
      { resourceType: 'Bundle', type: 'searchset', link: [null] },
      { outcome: 'failed', status: 200, code: 'not-a-searchset' }
    ]
  ])('%i with %o is no answer', async (status, body, outcome) => {
    expect((await find(body, status)).found).toEqual(outcome)
  })
})

describe('a search', () => {
  test('asks for one person’s resources of a type, under our token', async () => {
    const headers: unknown[] = []
    const { server, seen } = await serveTrust((_, response, request) => {
      headers.push(request.headers)
      sendJson(response, searchset([condition('c1')]))
    })
    expect(idsOn(await connect(server).search(search))).toEqual(['c1'])
    expect(seen[0]?.pathname).toBe(`${base}/Condition`)
    expect(Object.fromEntries(seen[0]?.searchParams ?? [])).toEqual({ patient: 'p1', _count: '200' })
    expect(headers).toMatchObject([{ authorization: 'Bearer token-1', accept: 'application/fhir+json' }])
  })

  test('asks for what is new, for ids alone, and for a prescription with its medicine', async () => {
    const { server, seen } = await serveTrust((_, response) => sendJson(response, searchset([])))
    const client = connect(server)
    await client.search({ ...search, since: '2026-11-22T09:00:00.000Z' })
    await client.search({ ...search, idsOnly: true })
    await client.search({ ...search, type: 'MedicationRequest' })
    const asked = seen.map(({ searchParams }) => Object.fromEntries(searchParams))
    expect(asked).toMatchObject([
      { _lastUpdated: 'ge2026-11-22T09:00:00.000Z' },
      { _elements: 'id' },
      { _include: 'MedicationRequest:medication' }
    ])
  })

  test.each([
    ['below the base', (origin: string) => `${origin}${base}/Condition?page=2`],
    ['of the base itself', (origin: string) => `${origin}${base}?_getpages=abc`],
    ['relative to the origin', () => `${base}/Condition?page=2`],
    ['relative to the base', () => 'Condition?page=2']
  ])('follows a link %s to the last page', async (_case, next) => {
    const { server } = await serveTrust((url, response) => {
      const isFirst = url.searchParams.has('patient')
      sendJson(
        response,
        isFirst ? searchset([condition('c1')], next(server.url)) : searchset([condition('c2')])
      )
    })
    expect(idsOn(await connect(server).search(search))).toEqual(['c1', 'c2'])
  })

  test('never leaves by way of the library: the global fetch is not called', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const { server } = await serveTrust((_, response) => sendJson(response, searchset([])))
    await connect(server).search(search)
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })

  test('is refused where the address guard refuses the address', async () => {
    const outbound = openOutbound({ allowedAddresses: [] })
    const { server, seen } = await serveTrust((_, response) => sendJson(response, searchset([])))
    const refused = await connect(server, { outbound }).search(search)
    expect(refused).toEqual({ outcome: 'failed', code: 'address-refused' })
    expect(seen).toEqual([])
  })
})
