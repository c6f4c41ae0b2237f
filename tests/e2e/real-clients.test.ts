import type { Bundle } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RealClient, realClients } from '../support/real-clients.ts'
import { outcomeOf, resourcesOf, type Stack, startStack } from '../support/stack.ts'

let stack: Stack
let id: string
let observation: { readonly id: string; readonly version: string }
let everything: readonly string[]
/** An allergy that its practice has deleted. */
let deleted: string

beforeAll(async () => {
  stack = await startStack()
  const [person] = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  id = (await stack.findPerson(person?.nhsNumber ?? '')) ?? 'nobody'
  await stack.settle(id)
  deleted = await deleteAllergy(person?.nhsNumber ?? '')
  const { body } = await stack.ask<Bundle>(`Patient/${id}/$everything`)
  everything = keysOf(body)
  const found = resourcesOf(body, 'Observation')[0]
  observation = { id: found?.id ?? '', version: found?.meta?.versionId ?? '' }
}, 120_000)
afterAll(() => stack?.stop())

async function deleteAllergy(nhsNumber: string): Promise<string> {
  const allergies = async () =>
    keysOf((await stack.ask<Bundle>(`Patient/${id}/$everything?_type=AllergyIntolerance`)).body)
  const before = await allergies()
  await stack.control('POST', `people/${nhsNumber}/edits`, { edit: 'remove-allergy' })
  await stack.ask(`Patient/${id}/$refresh`, { method: 'POST', headers: { prefer: 'wait=8' } })
  const after = await allergies()
  return before.find((key) => !after.includes(key))?.split('/')[1] ?? 'none was deleted'
}

const keysOf = (bundle: Bundle): string[] =>
  resourcesOf(bundle).map(({ resourceType, id }) => `${resourceType}/${id}`)

const unknown = '00000000-0000-8000-8000-000000000000'
const unchanged = (bundle: Bundle) => outcomeOf(bundle)?.resourceType

describe.each(Object.entries(realClients))('%s, as its authors ship it,', (_name, connect) => {
  let client: RealClient
  beforeAll(() => {
    client = connect(stack.recordApi(), stack.token)
  })

  const refusal = async (ask: (client: RealClient) => Promise<unknown>, with_ = client) => {
    const error = await ask(with_).then(
      () => expect.fail('It was answered'),
      (reason: unknown) => reason
    )
    return await client.codeOf(error)
  }

  test('pages through the whole record, in its order and once, each page with what is missing', async () => {
    const pages = await client.everything(id, 7)
    expect(pages.length).toBeGreaterThan(2)
    expect(pages.flatMap(keysOf)).toEqual(everything)
    expect(pages.map(unchanged)).toEqual(pages.map(() => 'OperationOutcome'))
  })

  test('searches', async () => {
    const found = await client.search('Observation', { patient: id, _sort: '-date', _count: '3' })
    expect(resourcesOf(found, 'Observation')).toHaveLength(3)
  })

  test('reads a resource, and one wording of it', async () => {
    const resource = await client.read('Observation', observation.id)
    expect(resource).toMatchObject({ resourceType: 'Observation', id: observation.id })
    expect(await client.readVersion('Observation', observation.id, observation.version)).toEqual(resource)
  })

  test('reads what has changed since the beginning', async () => {
    const { type, entry = [] } = await client.changes(id)
    expect([type, entry.map(({ request }) => request?.method).slice(0, -1)]).toEqual([
      'history',
      everything.map(() => 'PUT')
    ])
    expect(entry.at(-1)?.response?.outcome?.resourceType).toBe('OperationOutcome')
  })

  test('reads a history', async () => {
    const { type, entry } = await client.history('Observation', observation.id)
    expect([type, entry?.[0]?.response?.status]).toEqual(['history', '200'])
  })

  test('reads who said a resource', async () => {
    expect(await client.read('Provenance', observation.id)).toMatchObject({
      target: [{ reference: `Observation/${observation.id}` }]
    })
  })

  test('sends several reads at once, and is told of each what became of it', async () => {
    const urls = [`Patient/${id}`, `Observation/${unknown}`]
    const entry = urls.map((url) => ({ request: { method: 'GET' as const, url } }))
    const answer = await client.batch({ resourceType: 'Bundle', type: 'batch', entry })
    expect(answer.entry?.map(({ response }) => response?.status)).toEqual(['200', '404'])
  })

  test('understands our refusals', async () => {
    expect(await refusal(({ read }) => read('Observation', unknown))).toBe('not-found')
    expect(await refusal(({ search }) => search('Observation', { patient: id, nothing: '1' }))).toBe(
      'invalid'
    )
    expect(await refusal(({ read }) => read('AllergyIntolerance', deleted))).toBe('deleted')
    const stranger = connect(stack.recordApi(), 'e30.e30.e30')
    expect(await refusal(({ read }) => read('Patient', id), stranger)).toBe('login')
  })
})
