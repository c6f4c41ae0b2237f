import { setTimeout as sleep } from 'node:timers/promises'
import { type Bundle, chesil } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ipsProblems } from '../support/ips-rules.ts'
import { type OpenStack, resourcesOf } from '../support/open-stack.ts'
import { startStack } from '../support/stack.ts'

/** A month that is over. */
const asAt = '2026-10-31'

let stack: OpenStack
let together: { readonly id: string; readonly sources: Readonly<Record<string, readonly string[]>> }

beforeAll(async () => {
  stack = await startStack({ trusts: 1, councils: 1 })
  await playDay()
  await sendExtract()
  together = await findTogether()
}, 120_000)
afterAll(() => stack?.stop())

async function playDay(): Promise<void> {
  await stack.control('POST', 'trusts/R9Z/play', {
    address: stack.mllpAddress(),
    people: 12,
    ratePerSecond: 50
  })
  while (((await stack.control('GET', 'trusts/R9Z/play')) as { state: string }).state === 'running')
    await sleep(100)
}

async function sendExtract(): Promise<void> {
  const url = `${stack.service('social-care-adapter').url}/cld`
  const sent = await stack.control('POST', 'councils/9Z1/submissions', { url, to: asAt })
  expect(sent).toMatchObject({ status: 202 })
}

/** Somebody whom practice, hospital and council tell of, once all of it has come. */
async function findTogether(): Promise<typeof together> {
  for (let waited = 0; waited < 60_000; waited += 500) {
    for (const { nhsNumber } of await stack.people()) {
      const id = await stack.findPerson(nhsNumber)
      if (id === undefined) continue
      await stack.settle(id)
      const sources = await sourcesOf(id)
      const kinds = ['gp-', 'hl7v2-', 'cld-', 'council-']
      if (kinds.every((kind) => Object.keys(sources).some((source) => source.startsWith(kind))))
        return { id, sources }
    }
    await sleep(500)
  }
  throw new Error('Nobody is known to practice, hospital and council')
}

/** By source, the types of what is shown of it. */
async function sourcesOf(id: string): Promise<Record<string, string[]>> {
  const { body } = await stack.ask<Bundle>(`Patient/${id}/$everything?_count=1000`)
  const bySource = Map.groupBy(
    resourcesOf(body),
    ({ meta }) => meta?.tag?.find(({ system }) => system === chesil.source)?.code ?? ''
  )
  return Object.fromEntries(
    [...bySource].map(([source, resources]) => [source, resources.map(({ resourceType }) => resourceType)])
  )
}

test('one person has content of practice, hospital and council together, with the status of each source', async () => {
  expect(together.sources['cld-9z1']).toContain('EpisodeOfCare')
  expect(together.sources['council-9z1']).toContain('CareTeam')
  const { body } = await stack.ask<{
    sources: { id: string; codes: string[]; asAt?: string; text: string }[]
  }>(`Patient/${together.id}/$completeness`)
  const codes = Object.fromEntries(body.sources.map((source) => [source.id, source.codes[0]]))
  expect(codes).toMatchObject({
    'hl7v2-r9z': 'sends',
    'fhir-r9z': 'live',
    'cld-9z1': 'periodic',
    'council-9z1': 'live'
  })
  const extract = body.sources.find((source) => source.id === 'cld-9z1')
  expect(extract?.asAt).toBe(`${asAt}T12:00:00.000Z`)
  expect(extract?.text).toContain('What is shown is as at 31-Oct-2026')
})

test('their summary is one sound document with what each of them tells', async () => {
  const { status, body } = await stack.ask<Bundle>(`Patient/${together.id}/$summary`)
  expect(status).toBe(200)
  expect(ipsProblems(body)).toEqual([])
  const sources = (body.entry ?? []).flatMap(({ resource }) =>
    (resource?.meta?.tag ?? []).flatMap(({ system, code }) => (system === chesil.source ? (code ?? []) : []))
  )
  for (const kind of ['gp-', 'hl7v2-', 'cld-', 'council-']) {
    expect(
      sources.some((source) => source.startsWith(kind)),
      kind
    ).toBe(true)
  }
})
