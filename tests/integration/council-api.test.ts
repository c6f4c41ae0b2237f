import { exportSigningKey, generateSigningKey } from '@chesil/access-tokens'
import { compareDemographics } from '@chesil/care-record'
import type { Mapped, SourceCatalogue } from '@chesil/contracts'
import { createValidator } from '@chesil/fhir-validator'
import { type CouncilContext, councilAnswerToContribution, councilSections } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'
import { type Person, pdsPatient } from '@chesil/synthetic'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../services/sandbox/src/app.ts'
import { readConfig } from '../../services/sandbox/src/config.ts'
import { createDeps, type Deps } from '../../services/sandbox/src/deps.ts'
import { askCouncil } from '../../services/social-care-adapter/src/council-pull/ask-council.ts'
import {
  type CouncilEndpoint,
  createCouncilEndpoints
} from '../../services/social-care-adapter/src/council-pull/endpoints.ts'

/** The sandbox council and our own client, over HTTP: what the one answers, the other understands. */
let endpoint: CouncilEndpoint
let sandbox: Deps
let url = ''
let app: ReturnType<typeof buildApp>
const validator = createValidator()

beforeAll(async () => {
  const key = await generateSigningKey({ algorithm: 'ES384' })
  const config = readConfig({
    LOG_LEVEL: 'error',
    SANDBOX_COUNCILS: '1',
    SANDBOX_PEOPLE: '60',
    SANDBOX_AS_AT: '2026-11-22',
    PDS_CLIENT_JWK: JSON.stringify(key.publicJwk)
  })
  sandbox = await createDeps(config, () => url)
  app = buildApp(sandbox)
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  const catalogue = (await (await fetch(`${url}/control/catalogue`)).json()) as SourceCatalogue
  const endpoints = await createCouncilEndpoints(catalogue, {
    env: { TRUST_CLIENT_KEY: exportSigningKey(key) },
    now: Date.now,
    newId: () => crypto.randomUUID()
  })
  endpoint = endpoints.get('council-9z1') as CouncilEndpoint
})
afterAll(async () => {
  await endpoint.close()
  await app.close()
})

const nothing: PullHistory = { isStale: false, sections: new Map(), held: new Map() }

const contextOf = (person: Person): CouncilContext => ({
  source: { ...endpoint.source, patientNumberSystem: 'https://chesil.example/fhir/Id/9Z1/patient-number' },
  person: { nhsNumbers: [person.nhsNumber, ...person.formerNhsNumbers], birthDate: person.birthDate },
  judge: (claimed) => compareDemographics(claimed, pdsPatient(person)),
  patientId: '00000000-0000-4000-8000-000000000001',
  resourceId: (type, name) => `${type}-${Buffer.from(name).toString('hex')}`.slice(0, 64)
})

async function pull(person: Person, history = nothing): Promise<Mapped> {
  const found = await askCouncil(endpoint, { nhsNumber: person.nhsNumber, history, askedAt: Date.now() })
  if (found.outcome !== 'answered') throw new Error(`It did not answer: ${JSON.stringify(found)}`)
  return councilAnswerToContribution(JSON.parse(new TextDecoder().decode(found.body)), contextOf(person))
}

const typesIn = (mapped: Mapped): ReadonlySet<string> =>
  new Set(
    mapped.outcome === 'mapped' ? mapped.contribution.entries.map(({ resourceType }) => resourceType) : []
  )

/** Of whom the council has something to tell. */
async function somebody(): Promise<Person> {
  for (const { person } of sandbox.trustWorld.patients())
    if (typesIn(await pull(person)).has('CareTeam')) return person
  throw new Error('The council knows nobody')
}

test('whomever the sandbox council is asked about, its answer maps to valid FHIR, and nothing of it is kept out', async () => {
  const types = new Set<string>()
  for (const { person } of sandbox.trustWorld.patients()) {
    const mapped = await pull(person)
    if (mapped.outcome !== 'mapped') throw new Error(mapped.reason)
    expect(mapped.contribution.quarantined).toEqual([])
    for (const { resource, resourceType } of mapped.contribution.entries) {
      types.add(resourceType)
      if (resource) expect(validator.validate(resource)).toEqual([])
    }
  }
  expect([...types].sort()).toEqual([
    'CareTeam',
    'EpisodeOfCare',
    'Flag',
    'Organization',
    'Patient',
    'Practitioner',
    'PractitionerRole',
    'RelatedPerson',
    'Task'
  ])
})

test('who was told whole an hour ago is asked about changes, and the council tells those', async () => {
  const person = await somebody()
  const whole = await pull(person)
  const patient =
    whole.outcome === 'mapped' &&
    whole.contribution.entries.find(({ resourceType }) => resourceType === 'Patient')
  const told = { state: 'returned', coveredAt: Date.now(), hasQuarantined: false }
  const history: PullHistory = {
    asAt: Date.now(),
    isStale: false,
    sections: new Map(councilSections.map((name) => [name, told])),
    held: new Map([['Patient', new Set([patient ? patient.sourceResourceId : ''])]])
  }
  const item = `${url}/control/councils/9Z1/people/${person.nhsNumber}/review/r9`
  await fetch(item, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"due":"2027-05-05"}'
  })
  const mapped = await pull(person, history)
  expect(mapped).toMatchObject({ outcome: 'mapped', contribution: { mode: 'delta' } })
  expect(typesIn(mapped)).toEqual(new Set(['Task']))
})

test('a council that answers about another person is refused', async () => {
  const person = await somebody()
  await fetch(`${url}/control/councils/9Z1/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"another-person"}'
  })
  expect(await pull(person)).toEqual({ outcome: 'refused', reason: 'wrong-person' })
})
