import { randomUUID } from 'node:crypto'
import {
  createClientAssertion,
  generateSigningKey,
  unsignedGpConnectToken,
  unsignedToken
} from '@chesil/access-tokens'
import type { App } from '@chesil/service-kit'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createDeps, type Deps } from '../src/deps.ts'
import { practiceRoot } from '../src/gp-connect/addresses.ts'
import { interactions } from '../src/gp-connect/exchange.ts'
import { readingOrganisations } from '../src/world/reading-organisations.ts'
import type { PersonState } from '../src/world/world.ts'

export const publicUrl = 'http://sandbox.example'
const clientKey = await generateSigningKey({ algorithm: 'ES384' })

export interface Sandbox {
  readonly app: App
  readonly deps: Deps
  /** The first person of that kind. */
  one(kind: string): PersonState
}

/** The real application, on paper addresses, with a client of PDS registered. */
export async function startSandbox(env: Readonly<Record<string, string>> = {}): Promise<Sandbox> {
  const config = readConfig({
    LOG_LEVEL: 'error',
    PUBLIC_URL: publicUrl,
    SANDBOX_PEOPLE: '3',
    SANDBOX_AS_AT: '2026-11-22',
    RECORD_SIZES: '120',
    PDS_REQUESTS_PER_SECOND: '1000',
    PDS_CLIENT_JWK: JSON.stringify(clientKey.publicJwk),
    ...env
  })
  const deps = await createDeps(config, () => publicUrl)
  return {
    app: buildApp(deps),
    deps,
    one(kind) {
      const state = deps.world.people.find(({ person }) => person.kind === kind)
      if (!state) throw new RangeError(`There is no ${kind} person`)
      return state
    }
  }
}

export const clientAssertion = createClientAssertion({
  key: clientKey,
  issuer: 'chesil',
  audience: `${publicUrl}/issuer/token`,
  now: Date.now,
  newId: randomUUID
})

const assertionFor = (place: string) =>
  createClientAssertion({
    key: clientKey,
    issuer: 'chesil',
    audience: `${publicUrl}/${place}/oauth2/token`,
    now: Date.now,
    newId: randomUUID
  })()
export const trustAssertion = (odsCode: string) => assertionFor(`trusts/${odsCode}`)
export const councilAssertion = (odsCode: string) => assertionFor(`councils/${odsCode}`)

export async function pdsToken(app: App): Promise<string> {
  const response = await app.inject({
    method: 'POST',
    url: '/issuer/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await clientAssertion()
    }).toString()
  })
  return response.json().access_token
}

const fhirJson = 'application/fhir+json;charset=utf-8'
const hospital = readingOrganisations[0] as (typeof readingOrganisations)[number]

export type Claims = Record<string, unknown>

/** The claims of a right token for a practice. */
export function rightClaims(audience: string, now = Date.now()): Claims {
  const token = unsignedGpConnectToken(
    {
      issuer: 'https://chesil.example/',
      audience,
      device: {
        system: 'https://chesil.example/Id/device',
        value: 'CHESIL-1',
        model: 'Chesil',
        version: '0.1'
      },
      organisation: hospital,
      practitioner: {
        userId: '555123456789',
        familyName: 'Marlowe',
        givenName: 'Robin',
        roleProfileId: '55501'
      }
    },
    now
  )
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
}

export interface Question {
  /** Default `structured`. */
  readonly interaction?: keyof typeof interactions
  readonly odsCode: string
  /** Below the practice's root. */
  readonly path?: string
  readonly query?: readonly [string, string][]
  readonly body?: unknown
  /** Headers in place of the right ones; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Claims in place of the right ones; `undefined` leaves one out. */
  readonly claims?: Claims
}

export const traceId = '0f8fad5b-d9cb-469f-a165-70867728950e'

/** The headers of a right request, but for what the question wants wrong. */
export function headersFor(
  { odsCode, interaction = 'structuredRecord', headers, claims }: Question,
  asid: string
) {
  const root = practiceRoot(publicUrl, odsCode)
  const { id, interface: of } = interactions[interaction]
  const all = {
    'ssp-traceid': traceId,
    'ssp-from': hospital.asid,
    'ssp-to': asid,
    'ssp-interactionid': id,
    authorization: `Bearer ${unsignedToken(withoutUndefined({ ...rightClaims(`${root}/${of}`), ...claims }))}`,
    accept: fhirJson,
    'content-type': fhirJson,
    ...headers
  }
  return withoutUndefined(all)
}

function withoutUndefined<Value>(all: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    Value
  >
}

/** Asks a practice as a consumer does. */
export function ask({ app, deps }: Pick<Sandbox, 'app' | 'deps'>, question: Question) {
  const { odsCode, path = 'structured/Patient/$gpc.getstructuredrecord', query = [], body } = question
  const practice = deps.world.findPractice(odsCode)?.practice
  const search = query.length > 0 ? `?${new URLSearchParams([...query])}` : ''
  return app.inject({
    method: body === undefined ? 'GET' : 'POST',
    url: `/practices/${odsCode}/STU3/1/gpconnect/${path}${search}`,
    headers: headersFor(question, practice?.asid ?? '1'),
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) })
  })
}

/** Parameters as a list of names, some with parts. */
export function parametersFor(nhsNumber: string, parameter: readonly object[] = everything): object {
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'patientNHSNumber',
        valueIdentifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }
      },
      ...parameter
    ]
  }
}

export const resolved = {
  name: 'includeAllergies',
  part: [{ name: 'includeResolvedAllergies', valueBoolean: true }]
}

/** Every section, and nothing that would leave items out. */
export const everything: readonly object[] = [
  resolved,
  { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
  { name: 'includeConsultations' },
  { name: 'includeProblems' },
  { name: 'includeImmunisations' },
  { name: 'includeUncategorisedData' },
  { name: 'includeInvestigations' },
  { name: 'includeReferrals' },
  { name: 'includeDiaryEntries' }
]

/** The Spine code and what it says, out of an OperationOutcome. */
export function refusalIn(body: {
  issue?: { details?: { coding?: { code?: string }[] }; diagnostics?: string }[]
}) {
  const issue = body.issue?.[0]
  return { code: issue?.details?.coding?.[0]?.code, diagnostics: issue?.diagnostics ?? '' }
}
