import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseNhsNumber, parseOdsCode } from '@chesil/fhir'
import { expect, onTestFinished, test } from 'vitest'
import { createPds } from '../src/index.ts'

test('PDS is asked as the settings say, with a token for the key that they name', async () => {
  const asked: { readonly url: string | undefined; readonly authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization })
    response.writeHead(404, { 'content-type': 'application/fhir+json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const settings = {
    PDS_BASE_URL: `http://127.0.0.1:${port}/R4`,
    PDS_TOKEN_URL: 'https://issuer.test/token',
    PDS_CLIENT_ID: 'chesil',
    PDS_PRIVATE_KEY: 'env:KEY',
    PDS_KEY_ALGORITHM: 'ES384',
    PDS_REQUESTS_PER_SECOND: 5,
    PDS_TIMEOUT_MS: 1_000,
    ALLOWED_ADDRESSES: '127.0.0.0/8,'
  } as const
  const credentials: object[] = []
  const { pds, outbound } = await createPds(settings, {
    readSecret: (reference) => `what ${reference} names`,
    createClientCredentials: async (given) => {
      credentials.push(given)
      return async () => 'token-1'
    },
    now: Date.now,
    newId: () => 'id'
  })
  onTestFinished(async () => {
    await outbound.close()
    server.close()
  })

  await pds
    .trace(parseNhsNumber('9000000009'), { requestId: 'request-1', organisation: parseOdsCode('A81001') })
    .catch(() => undefined)
  expect(asked).toEqual([{ url: '/R4/Patient/9000000009', authorization: 'Bearer token-1' }])
  expect(credentials).toMatchObject([
    {
      tokenUrl: 'https://issuer.test/token',
      clientId: 'chesil',
      privateKey: 'what env:KEY names',
      algorithm: 'ES384',
      fetch: outbound.fetch
    }
  ])
})
