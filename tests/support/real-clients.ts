import { createRequire } from 'node:module'
import type { Bundle, OperationOutcome, Resource } from '@chesil/fhir'
import { MedplumClient, type OperationOutcomeError } from '@medplum/core'
import { Client as KitClient } from 'fhir-kit-client'
import { expect } from 'vitest'

/** What a client that nobody here wrote is used for, in its own way of doing it. */
export interface RealClient {
  /** Every page of `$everything`, following `next` as the client does. */
  readonly everything: (patientId: string, count: number) => Promise<readonly Bundle[]>
  readonly search: (type: 'Observation', query: Readonly<Record<string, string>>) => Promise<Bundle>
  readonly read: (type: string, id: string) => Promise<Resource>
  readonly readVersion: (type: string, id: string, version: string) => Promise<Resource>
  readonly history: (type: string, id: string) => Promise<Bundle>
  /** `$changes` since the beginning. */
  readonly changes: (id: string) => Promise<Bundle>
  readonly batch: (bundle: Bundle) => Promise<Bundle>
  /** The code of the outcome that it makes of an error of ours. */
  readonly codeOf: (error: unknown) => Promise<string | undefined>
}

export type ConnectClient = (baseUrl: string, token: string) => RealClient

const nextIn = ({ link }: Bundle): string | undefined =>
  link?.find(({ relation }) => relation === 'next')?.url
const firstCode = (outcome: OperationOutcome | undefined) => outcome?.issue[0]?.code

/** @see https://github.com/Vermonster/fhir-kit-client */
const connectKit: ConnectClient = (baseUrl, token) => {
  const client = new KitClient({ baseUrl, bearerToken: token })
  const ask = async <Body>(answer: Promise<unknown> | undefined) => (await answer) as Body
  return {
    async everything(id, count) {
      const pages = [
        await ask<Bundle>(client.request(`Patient/${id}/$everything?_count=${count}`, { method: 'GET' }))
      ]
      for (let last = pages[0] as Bundle; nextIn(last); pages.push(last)) {
        last = await ask<Bundle>(client.nextPage({ bundle: last as never }))
      }
      return pages
    },
    search: (resourceType, searchParams) => ask(client.search({ resourceType, searchParams })),
    read: (resourceType, id) => ask(client.read({ resourceType, id })),
    readVersion: (resourceType, id, version) => ask(client.vread({ resourceType, id, version })),
    history: (resourceType, id) => ask(client.history({ resourceType, id })),
    changes: (id) => ask(client.request(`Patient/${id}/$changes?sinceVersion=0`, { method: 'GET' })),
    batch: (body) => ask(client.batch({ body: body as never })),
    codeOf: async (error) => firstCode((error as { response: { data: OperationOutcome } }).response.data)
  }
}

/** Its own types bring those of a browser into every file that is compiled with this one. */
type Smart = (
  request: object,
  response: object
) => {
  readonly client: (state: object) => {
    readonly request: <Body>(
      request: string | object,
      options?: { readonly pageLimit: number }
    ) => Promise<Body>
  }
}
const smart = createRequire(import.meta.url)('fhirclient') as Smart

/** @see https://docs.smarthealthit.org/client-js/ */
const connectSmart: ConnectClient = (serverUrl, token) => {
  const client = smart({ headers: {}, url: '/', session: {} }, {}).client({
    serverUrl,
    tokenResponse: { access_token: token, token_type: 'Bearer' }
  })
  return {
    everything: (id, count) =>
      client.request<Bundle[]>(`Patient/${id}/$everything?_count=${count}`, { pageLimit: 0 }),
    search: (type, query) => client.request(`${type}?${new URLSearchParams(query)}`),
    read: (type, id) => client.request(`${type}/${id}`),
    readVersion: (type, id, version) => client.request(`${type}/${id}/_history/${version}`),
    history: (type, id) => client.request(`${type}/${id}/_history`),
    changes: (id) => client.request(`Patient/${id}/$changes?sinceVersion=0`),
    batch: (bundle) =>
      client.request({
        url: '',
        method: 'POST',
        body: JSON.stringify(bundle),
        headers: { 'content-type': 'application/fhir+json' }
      }),
    async codeOf(error) {
      // It has read the answer, and keeps it among its words.
      const [, outcome] = /\n\n(\{.*\})/s.exec((error as Error).message) ?? expect.fail(String(error))
      return firstCode(JSON.parse(outcome ?? '') as OperationOutcome)
    }
  }
}

/** @see https://www.medplum.com/docs/sdk/core.medplumclient */
const connectMedplum: ConnectClient = (baseUrl, accessToken) => {
  const { origin, pathname } = new URL(baseUrl)
  const client = new MedplumClient({
    baseUrl: origin,
    fhirUrlPath: pathname.slice(1),
    accessToken,
    cacheTime: 0,
    fetch
  })
  return {
    async everything(id, count) {
      const pages = [await client.get<Bundle>(client.fhirUrl('Patient', id, `$everything?_count=${count}`))]
      for (let next = nextIn(pages[0] as Bundle); next; next = nextIn(pages.at(-1) as Bundle)) {
        pages.push(await client.get<Bundle>(next))
      }
      return pages
    },
    search: (type, query) => client.search(type, query) as Promise<Bundle>,
    read: (type, id) => client.readResource(type as 'Observation', id),
    readVersion: (type, id, version) => client.readVersion(type as 'Observation', id, version),
    history: (type, id) => client.readHistory(type as 'Observation', id) as Promise<Bundle>,
    changes: (id) => client.get<Bundle>(client.fhirUrl('Patient', id, '$changes?sinceVersion=0')),
    batch: (bundle) => client.executeBatch(bundle),
    codeOf: async (error) => firstCode((error as OperationOutcomeError).outcome)
  }
}

export const realClients: Readonly<Record<string, ConnectClient>> = {
  'fhir-kit-client': connectKit,
  fhirclient: connectSmart,
  '@medplum/core': connectMedplum
}
