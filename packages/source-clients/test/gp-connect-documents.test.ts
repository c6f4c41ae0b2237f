import { expect, test } from 'vitest'
import { connect, fhir, outcomeOf, question, serveAndSee } from './support/practice.ts'
import { serve } from './support/servers.ts'

const patient = {
  resourceType: 'Patient',
  id: '04603d77-1a4e.4d63',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9000000009' }]
}
const searchset = (...resources: unknown[]) =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: resources.map((resource) => ({ resource }))
  })
const documents = searchset(patient, { resourceType: 'DocumentReference', id: '1' })

/** Answers the search for the person with `found`, and the list with `documents`. */
const servePractice = (found: string) =>
  serveAndSee(({ url }, response) => {
    response.writeHead(200, fhir).end(url?.includes('/DocumentReference') ? documents : found)
  })

test('the list of documents is asked for in two steps, each with its own interaction, trace and token', async () => {
  const { server, seen } = await servePractice(searchset(patient))
  const { client, claims } = connect(server)
  const outcome = await client.listDocuments(question)
  expect(outcome).toMatchObject({ outcome: 'answered' })
  if (outcome.outcome === 'answered') expect(Buffer.from(outcome.body).toString()).toBe(documents)

  expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET'])
  expect(seen.map(({ headers }) => headers['ssp-interactionid'])).toEqual([
    'urn:nhs:names:services:gpconnect:documents:fhir:rest:search:patient-1',
    'urn:nhs:names:services:gpconnect:documents:fhir:rest:search:documentreference-1'
  ])
  expect(new Set(seen.map(({ headers }) => headers['ssp-traceid'])).size).toBe(2)
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1.', 'Bearer token-2.'])
  expect(new Set(claims.map(({ audience }) => audience))).toEqual(
    new Set([`${server.url}/A81001/STU3/1/gpconnect/documents`])
  )

  const [find, list] = seen.map(({ url }) => new URL(url ?? '', server.url))
  expect(find?.pathname).toBe('/A81001/STU3/1/gpconnect/documents/Patient')
  expect(find?.search).toBe('?identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9000000009')
  expect(list?.pathname).toBe(
    '/A81001/STU3/1/gpconnect/documents/Patient/04603d77-1a4e.4d63/DocumentReference'
  )
  expect([...(list?.searchParams ?? [])]).toEqual([
    ['_include', 'DocumentReference:subject:Patient'],
    ['_include', 'DocumentReference:custodian:Organization'],
    ['_include', 'DocumentReference:author:Organization'],
    ['_include', 'DocumentReference:author:Practitioner'],
    ['_revinclude:recurse', 'PractitionerRole:practitioner']
  ])
})

const other = {
  ...patient,
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9000000017' }]
}
const both = { ...patient, identifier: [...patient.identifier, ...other.identifier] }
const failed = (code: string) => ({ outcome: 'failed', status: 200, code })

test.each<[string, string, object]>([
  ['nobody', searchset(), { outcome: 'not-disclosed' }],
  ['nobody, without entries', '{"resourceType":"Bundle"}', { outcome: 'not-disclosed' }],
  [
    'only others than patients',
    searchset({ resourceType: 'Organization', id: '1' }),
    { outcome: 'not-disclosed' }
  ],
  ['two people', searchset(patient, { ...patient, id: '2' }), failed('ambiguous-patient')],
  ['another person', searchset(other), failed('wrong-patient')],
  ['a person with another’s number too', searchset(both), failed('wrong-patient')],
  [
    'a person with no number among the identifiers',
    searchset({ ...patient, identifier: [] }),
    failed('wrong-patient')
  ],
  ['a person without identifiers', searchset({ ...patient, identifier: undefined }), failed('wrong-patient')],
  ['a person without an id', searchset({ ...patient, id: undefined }), failed('not-a-searchset')],
  ['an id that climbs', searchset({ ...patient, id: '..' }), failed('not-a-searchset')],
  ['an id with a step', searchset({ ...patient, id: 'x/../../Binary' }), failed('not-a-searchset')],
  ['an id with a query', searchset({ ...patient, id: '1?a=b' }), failed('not-a-searchset')],
  ['another resource', JSON.stringify(patient), failed('not-a-searchset')],
  ['entries that are an object', '{"resourceType":"Bundle","entry":{}}', failed('not-a-searchset')],
  ['no JSON', '{"resourceType"}', failed('not-a-searchset')]
])('the list is not asked for when the practice finds %s', async (_, found, expected) => {
  const { server, seen } = await servePractice(found)
  expect(await connect(server).client.listDocuments(question)).toEqual(expected)
  expect(seen).toHaveLength(1)
})

test.each([
  { status: 404, code: 'PATIENT_NOT_FOUND', expected: 'not-disclosed' },
  { status: 403, code: 'NO_PATIENT_CONSENT', expected: 'refused-by-consent' },
  { status: 500, code: 'INTERNAL_SERVER_ERROR', expected: 'failed' }
])('$status $code at either step is $expected', async ({ status, code, expected }) => {
  for (const refusedStep of ['Patient?', 'DocumentReference']) {
    const { server } = await serveAndSee(({ url }, response) => {
      if (url?.includes(refusedStep)) response.writeHead(status, fhir).end(outcomeOf(code))
      else response.writeHead(200, fhir).end(searchset(patient))
    })
    expect(await connect(server).client.listDocuments(question)).toMatchObject({ outcome: expected })
  }
})

test('the list has one deadline for both steps', async () => {
  const server = await serve((_, response) => {
    setTimeout(() => response.writeHead(200, fhir).end(searchset(patient)), 120)
  })
  const { client } = connect(server, { limits: { timeoutMs: 200 } })
  expect(await client.listDocuments(question)).toEqual({ outcome: 'timed-out' })
})

test('a practice that mixes up one person is asked on for the others', async () => {
  const { server, seen } = await servePractice(searchset(other))
  const { client } = connect(server)
  for (let i = 0; i < 8; i++) await client.listDocuments(question)
  expect(seen).toHaveLength(8)
  expect(client.state()).toBe('closed')
})

test('documents that fail are no reason not to ask for the record', async () => {
  const server = await serve(({ url }, response) => {
    if (url?.includes('getstructuredrecord')) response.writeHead(200, fhir).end('{"resourceType":"Bundle"}')
    else response.writeHead(500).end()
  })
  const { client } = connect(server)
  for (let i = 0; i < 6; i++) await client.listDocuments(question)
  expect([client.state('documents'), client.state('structured')]).toEqual(['open', 'closed'])
  expect((await client.readStructuredRecord(question)).outcome).toBe('answered')
})
