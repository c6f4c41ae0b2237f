import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportSigningKey, generateSigningKey } from '@chesil/access-tokens'
import { expect, onTestFinished, test } from 'vitest'
import { askEndpoint } from '../../src/fhir-pull/ask-endpoint.ts'
import { createEndpoints } from '../../src/fhir-pull/endpoints.ts'
import { nhsNumber, patientOf, source } from './trust.ts'

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(Buffer.concat(await request.toArray()).toString())

/** A hospital with a token endpoint and a FHIR endpoint, on loopback. */
async function serveHospital() {
  const grants: URLSearchParams[] = []
  const asked: { readonly path: string; readonly authorization: string | undefined }[] = []
  const server = createServer(async (request, response) => {
    const json = (body: object) =>
      void response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(body))
    const { pathname } = new URL(request.url ?? '', 'http://hospital')
    if (pathname === '/token') {
      grants.push(await bodyOf(request))
      return json({ access_token: 'token-1', token_type: 'Bearer', expires_in: 300 })
    }
    asked.push({ path: pathname, authorization: request.headers.authorization })
    const resources = pathname.endsWith('/Patient') ? [patientOf(nhsNumber)] : []
    json({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { grants, asked, url }
}

async function connect(url: string, releaseStage: 'live' | 'planned' | 'retired' = 'live') {
  const key = exportSigningKey(await generateSigningKey({ algorithm: 'ES384' }))
  const { endpoint } = source()
  const sources = [
    source({
      releaseStage,
      endpoint: {
        ...endpoint,
        baseUrl: `${url}/R4`,
        tokenUrl: `${url}/token`,
        allowedAddresses: ['127.0.0.0/8']
      }
    })
  ]
  const endpoints = await createEndpoints(
    { sources, readingOrganisations: [] },
    { env: { KEY: key }, now: Date.now, newId: () => crypto.randomUUID() }
  )
  onTestFinished(async () => {
    for (const one of endpoints.values()) await one.close()
  })
  return endpoints
}

test('a live endpoint is asked under a token that our key has got us, once for all searches', async () => {
  const { url, grants, asked } = await serveHospital()
  const endpoint = (await connect(url)).get('trust-fhir')
  if (!endpoint) throw new Error('There is no endpoint')
  const history = { isStale: false, sections: new Map(), held: new Map() }
  const outcome = await askEndpoint(endpoint, { nhsNumber, history, searchedAt: Date.now() })
  expect(outcome).toMatchObject({ outcome: 'answered', refused: 0 })
  expect(grants).toHaveLength(1)
  expect(grants[0]?.get('client_assertion_type')).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  )
  expect(grants[0]?.get('client_assertion')).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(asked.map(({ path }) => path).sort()).toEqual(
    ['Condition', 'DiagnosticReport', 'Encounter', 'Observation', 'Patient'].map((type) => `/R4/${type}`)
  )
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer token-1']))
})

test.each(['planned', 'retired'] as const)('a %s endpoint is not connected', async (stage) => {
  expect((await connect('http://127.0.0.1:1', stage)).size).toBe(0)
})
