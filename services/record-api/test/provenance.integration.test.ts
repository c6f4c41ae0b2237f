import type { Bundle, OperationOutcome, Provenance } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person
const unknown = '00000000-0000-8000-8000-000000000000'

const pulse: Said = { name: 'pulse', content: { performer: [{ display: 'Nurse Ash' }] } }
const problem: Said = { name: 'problem', type: 'Condition', content: { recordedDate: '2024-03-01' } }
const secret: Said = {
  name: 'secret',
  content: { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } }
}

beforeAll(async () => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['7654321', 'asylum']]) })
  person = await people.meet()
  await people.say(person, [pulse, problem, secret])
})
afterAll(() => api?.close())

const targetsOf = (bundle: Bundle) =>
  (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'Provenance' ? resource.target.map(({ reference }) => reference) : []
  )
const search = (query: string) => api.ask<Bundle>(`Provenance?patient=${person.id}${query}`)

test('the Provenance of an item has its id, and says who did it and who holds it', async () => {
  const { status, body, headers } = await api.ask<Provenance>(`Provenance/${idOf(pulse)}`)
  expect([status, body.target]).toEqual([200, [{ reference: keyOf(pulse) }]])
  expect(body.agent.map(({ who }) => who.identifier?.value ?? who.display)).toEqual(['Nurse Ash', 'J81001'])
  const again = await api.ask(`Provenance/${idOf(pulse)}`, {
    headers: { 'if-none-match': headers['etag'] ?? '' }
  })
  expect(again.status).toBe(304)
})

test('that of the person is PDS’s', async () => {
  const { status, body } = await api.ask<Provenance>(`Provenance/${person.id}`)
  expect([status, body.agent.at(-1)?.who.display]).toEqual([200, 'Personal Demographics Service'])
})

test('of an item that the reader may not see there is none, in the words for nobody', async () => {
  const nobody = await api.ask(`Provenance/${unknown}`)
  const { status, text } = await api.ask(`Provenance/${idOf(secret)}`)
  expect([status, text]).toEqual([404, nobody.text])
  const { body, text: found } = await search('')
  expect(targetsOf(body)).not.toContain(keyOf(secret))
  expect(found).not.toContain(idOf(secret))
  expect((await search(`&target=${keyOf(secret)}`)).body.total).toBe(0)
})

describe('a search for Provenance', () => {
  test('finds that of every item shown', async () => {
    const everything = await api.ask<Bundle>(`Patient/${person.id}/$everything`)
    const { body } = await search('')
    expect(targetsOf(body).sort()).toEqual(keysOf(everything.body).sort())
    expect(body.total).toBe(targetsOf(body).length)
  })

  test('finds that of one item, by its key or its whole address', async () => {
    for (const target of [keyOf(problem), `${api.deps.baseUrl()}/${keyOf(problem)}`]) {
      const { body } = await search(`&target=${encodeURIComponent(target)}`)
      expect(targetsOf(body)).toEqual([keyOf(problem)])
    }
    expect((await search(`&target=Condition/${unknown}`)).body.total).toBe(0)
  })

  test('finds that of several items, by commas', async () => {
    const { body } = await search(`&target=${keyOf(problem)},${keyOf(pulse)}`)
    expect(targetsOf(body).sort()).toEqual([keyOf(problem), keyOf(pulse)].sort())
  })

  test.each([idOf(problem), 'https://elsewhere.test/Condition/1', '', 'Condition/1,'])(
    'refuses %s as a target, and says what it needs',
    async (target) => {
      const { status, text } = await search(`&target=${encodeURIComponent(target)}`)
      expect([status, text.includes('Type/id')]).toEqual([400, true])
    }
  )

  test('comes in pages that neither repeat nor skip', async () => {
    const seen: (string | undefined)[] = []
    for (let url: string | undefined = `Provenance?patient=${person.id}&_count=1`; url; ) {
      const { body }: { body: Bundle } = await api.ask<Bundle>(url)
      seen.push(...targetsOf(body))
      url = nextOf(body)
    }
    expect(seen.sort()).toEqual(targetsOf((await search('')).body).sort())
  })

  test('has no target twice', async () => {
    const { status, body } = await search(`&target=${keyOf(pulse)}&target=${keyOf(problem)}`)
    expect([status, (body as unknown as OperationOutcome).issue[0]?.code]).toEqual([400, 'invalid'])
  })
})

describe('the whole record', () => {
  const everything = (query: string, scope?: string) =>
    api.ask<Bundle>(`Patient/${person.id}/$everything?${query}`, scope ? { token: tokenOf({ scope }) } : {})

  test('has no Provenance of items unless it is asked for', async () => {
    expect(targetsOf((await everything('')).body)).toEqual([])
  })

  test('of the type Provenance alone has that of every item', async () => {
    const { body } = await everything('_type=Provenance')
    expect(targetsOf(body).sort()).toEqual(targetsOf((await search('')).body).sort())
    expect(keysOf(body).every((key) => key.startsWith('Provenance/'))).toBe(true)
  })

  test('with _revinclude says all the same of which sections nothing is shown', async () => {
    const emptyOf = ({ body }: { body: Bundle }) =>
      (body.entry?.at(-1)?.resource as { contained?: unknown[] } | undefined)?.contained
    const whole = emptyOf(await everything(''))
    expect(whole?.length).toBeGreaterThan(0)
    expect(emptyOf(await everything('_revinclude=Provenance:target'))).toEqual(whole)
    expect(emptyOf(await everything('_type=Condition'))).toBeUndefined()
  })

  test('with _revinclude has that of what is chosen, in pages too', async () => {
    const { body } = await everything('_type=Condition&_revinclude=Provenance:target')
    expect(keysOf(body)).toEqual([keyOf(problem), `Provenance/${idOf(problem)}`])
    const whole = keysOf((await everything('_revinclude=Provenance:target')).body)
    const seen: string[] = []
    for (
      let url: string | undefined = `Patient/${person.id}/$everything?_revinclude=Provenance:target&_count=2`;
      url;
    ) {
      const { body: page }: { body: Bundle } = await api.ask<Bundle>(url)
      seen.push(...keysOf(page))
      url = nextOf(page)
    }
    expect(seen).toEqual(whole)
  })

  test('shows it only to whom Provenance is allowed, and takes no other _revinclude', async () => {
    const scope = 'user/Patient.rs user/Condition.rs'
    expect((await everything('_revinclude=Provenance:target', scope)).status).toBe(403)
    expect((await everything('_type=Provenance', scope)).status).toBe(403)
    expect((await everything('_revinclude=Observation:subject')).status).toBe(400)
  })
})
