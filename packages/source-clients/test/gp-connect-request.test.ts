import { expect, test } from 'vitest'
import { connect, consumer, fhir, question, record, serveAndSee } from './support/practice.ts'

test('the request for a structured record is to the letter what GP Connect wants', async () => {
  const { server, seen } = await serveAndSee((_, response) => response.writeHead(200, fhir).end(record))
  const { client, claims } = connect(server)
  await client.readStructuredRecord(question)

  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: '/A81001/STU3/1/gpconnect/structured/Patient/$gpc.getstructuredrecord',
    headers: {
      'ssp-traceid': '00000000-0000-4000-8000-000000000001',
      'ssp-from': '200000000115',
      'ssp-to': '200000000116',
      'ssp-interactionid': 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1',
      authorization: 'Bearer token-1.',
      accept: 'application/fhir+json;charset=utf-8',
      'content-type': 'application/fhir+json;charset=utf-8',
      'accept-encoding': 'gzip'
    }
  })
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'patientNHSNumber',
        valueIdentifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9000000009' }
      },
      { name: 'includeAllergies', part: [{ name: 'includeResolvedAllergies', valueBoolean: true }] },
      { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
      { name: 'includeConsultations' },
      { name: 'includeProblems' },
      { name: 'includeImmunisations' },
      { name: 'includeUncategorisedData' },
      { name: 'includeInvestigations' },
      { name: 'includeReferrals' },
      { name: 'includeDiaryEntries' }
    ]
  })
  expect(claims).toEqual([
    {
      ...consumer,
      audience: `${server.url}/A81001/STU3/1/gpconnect/structured`,
      organisation: { odsCode: 'R0D', name: 'Dorset Hospital' },
      practitioner: question.reader
    }
  ])
})

test('a request has a trace id and a token of its own each time', async () => {
  const { server, seen } = await serveAndSee((_, response) => response.writeHead(200, fhir).end(record))
  const { client } = connect(server)
  for (let i = 0; i < 3; i++) await client.readStructuredRecord(question)
  expect(new Set(seen.map(({ headers }) => headers['ssp-traceid'])).size).toBe(3)
  expect(new Set(seen.map(({ headers }) => headers.authorization)).size).toBe(3)
})

test.each(['', '/'])(
  'goes through the Spine Secure Proxy, the whole address behind it (%j)',
  async (slash) => {
    const { server, seen } = await serveAndSee((_, response) => response.writeHead(200, fhir).end(record))
    const practice = { url: 'https://practice.example' }
    const { client, claims } = connect(practice, { proxyUrl: `${server.url}${slash}` })
    expect(await client.readStructuredRecord(question)).toMatchObject({ outcome: 'answered' })
    expect(seen[0]?.url).toBe(
      '/https://practice.example/A81001/STU3/1/gpconnect/structured/Patient/$gpc.getstructuredrecord'
    )
    expect(claims[0]?.audience).toBe('https://practice.example/A81001/STU3/1/gpconnect/structured')
  }
)
