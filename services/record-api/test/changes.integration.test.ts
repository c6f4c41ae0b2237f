import { type Bundle, type BundleEntry, chesil, type OperationOutcome, type Resource } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apply, arrive, snapshot } from '../../../tests/support/contributions.ts'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { catalogue, formerPractice, practice } from './support/catalogue.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['7654321', 'asylum']]) })
})
afterAll(() => api?.close())

const versionOf = async ({ id }: Person): Promise<string> =>
  (await api.ask<Bundle>(`Patient/${id}/$everything`)).body.meta?.versionId ?? 'none'
const changes = ({ id }: Person, query: string, asking = {}) =>
  api.ask<Bundle>(`Patient/${id}/$changes?${query}`, asking)

/** `Type/id`, what to do, and why. */
const told = ({ entry = [] }: Bundle) =>
  entry.slice(0, -1).map(({ request, resource, extension }) => {
    const reason = extension?.[0]?.extension?.find(({ url }) => url === 'reason')?.valueCode
    return [request?.url, request?.method, reason, resource === undefined]
  })
const put = (said: Said, reason: string, source?: string) => [keyOf(said, source), 'PUT', reason, false]
const gone = (said: Said, reason: string, source?: string) => [keyOf(said, source), 'DELETE', reason, true]
const named = (person: Person, name: string, content?: object): Said => ({
  name: `${name}-${person.id}`,
  ...(content && { content })
})

/** Beside what the source said before, and not in place of it. */
async function tell({ id }: Person, said: Said, { at = Date.now(), deletes = false } = {}) {
  const resource = {
    resourceType: 'Observation',
    id: keyOf(said).split('/')[1],
    status: 'final',
    code: { text: said.name },
    subject: { reference: `Patient/${id}` },
    ...said.content
  } as Resource
  const entry = {
    resourceType: 'Observation',
    sourceResourceId: said.name,
    sections: ['uncategorised']
  } as const
  const entries = [deletes ? entry : { ...entry, resource }]
  const contribution = snapshot({ mode: 'delta', entries: entries as never })
  await apply(database(), await arrive(database(), { patientId: id, sourceId: 'gp-one', at, contribution }))
}

describe('since a version, $changes tells', () => {
  test('nothing where nothing has changed, and still what the record lacks', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const { status, body } = await changes(person, `sinceVersion=${await versionOf(person)}`)
    expect([status, body.type, body.total, told(body)]).toEqual([200, 'history', 0, []])
    const last = body.entry?.at(-1)
    expect(last?.response?.outcome?.resourceType).toBe('OperationOutcome')
    expect(last?.request).toEqual({ method: 'GET', url: `Patient/${person.id}/$completeness` })
  })

  test('what is new, updated, corrected and withdrawn, the oldest first, each with its ETag', async () => {
    const person = await people.meet()
    const [stays, grows, wrong, goes] = ['stays', 'grows', 'wrong', 'goes'].map((name) =>
      named(person, name)
    ) as [Said, Said, Said, Said]
    await people.say(person, [stays, grows, wrong, goes])
    const since = await versionOf(person)
    await tell(person, { ...grows, content: { valueString: 'more' } })
    await tell(person, { ...wrong, content: { status: 'corrected' } })
    await tell(person, goes, { deletes: true })
    const added = named(person, 'added')
    await tell(person, added)
    const { body } = await changes(person, `sinceVersion=${since}`)
    expect(told(body)).toEqual([
      put(grows, 'update'),
      put(wrong, 'correction'),
      gone(goes, 'correction'),
      put(added, 'new-data')
    ])
    const { headers, body: read } = await api.ask(keyOf(added))
    const entry = body.entry?.[3]
    expect([entry?.resource, entry?.response?.etag]).toEqual([read, headers['etag']])
    expect(entry?.extension).toEqual([
      {
        url: chesil.extension('change'),
        extension: [
          { url: 'reason', valueCode: 'new-data' },
          { url: 'version', valuePositiveInt: Number(await versionOf(person)) },
          { url: 'source', valueCoding: { system: chesil.source, code: 'gp-one' } }
        ]
      }
    ])
  })

  test('what came and went, or was changed and changed back, not at all', async () => {
    const person = await people.meet()
    const [pulse, guest] = [named(person, 'pulse'), named(person, 'guest')]
    await people.say(person, [pulse])
    const since = await versionOf(person)
    await tell(person, guest)
    await tell(person, { ...pulse, content: { valueString: 'other' } })
    await people.say(person, [pulse])
    expect(told((await changes(person, `sinceVersion=${since}`)).body)).toEqual([])
  })

  test('data of a source that is older than what it had said before as late', async () => {
    const person = await people.meet()
    await tell(person, named(person, 'first'))
    const since = await versionOf(person)
    const [late, timely] = [named(person, 'late'), named(person, 'timely')]
    await tell(person, late, { at: Date.now() - 3_600_000 })
    await tell(person, timely)
    const { body } = await changes(person, `sinceVersion=${since}`)
    expect(told(body)).toEqual([put(late, 'late-data'), put(timely, 'new-data')])
  })

  test('everything since version 0', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const { body } = await changes(person, 'sinceVersion=0')
    const { body: everything } = await api.ask(`Patient/${person.id}/$everything`)
    expect(
      told(body)
        .map(([key]) => key)
        .sort()
    ).toEqual(keysOf(everything).sort())
  })

  test('what came with somebody merged, and nothing exact of whom was merged or of before a parting', async () => {
    const [a, b] = [await people.meet(), await people.meet()]
    const [ofA, ofB] = [named(a, 'a'), named(b, 'b')]
    await people.say(a, [ofA])
    await people.say(b, [ofB])
    const since = [await versionOf(a), await versionOf(b)]
    const link = await people.merge(a, b)
    const { body } = await changes(b, `sinceVersion=${since[1]}`)
    expect(told(body).filter(([key]) => key === keyOf(ofA))).toEqual([put(ofA, 'merge')])
    expect((await changes(a, `sinceVersion=${since[0]}`)).status).toBe(410)
    const merged = await versionOf(b)
    await people.unmerge(link)
    for (const [person, version] of [
      [b, since[1]],
      [b, merged],
      [a, since[0]]
    ] as const) {
      const { status, text } = await changes(person, `sinceVersion=${version}`)
      expect([status, text.includes('$everything')]).toEqual([410, true])
      expect(text).not.toContain(keyOf(ofA))
    }
    await tell(b, named(b, 'later'))
    const parted = Number(await versionOf(b)) - 1
    expect(told((await changes(b, `sinceVersion=${parted}`)).body)).toEqual([
      put(named(b, 'later'), 'new-data')
    ])
  })

  test('what a former practice had said as gone, once the present one speaks for it', async () => {
    const person = await people.meet(formerPractice)
    const [old, fresh] = [named(person, 'old'), named(person, 'fresh')]
    await people.say(person, [old], { source: 'gp-two' })
    await people.trace(person.nhsNumber)
    const since = await versionOf(person)
    await people.say(person, [fresh])
    const { body } = await changes(person, `sinceVersion=${since}`)
    expect(told(body)).toEqual(
      expect.arrayContaining([put(fresh, 'new-data'), gone(old, 'as-shown', 'gp-two')])
    )
    const again = await changes(person, `sinceVersion=${await versionOf(person)}`)
    expect(told(again.body)).toEqual([])
  })

  test('in pages of one version, while the person is written to', async () => {
    const person = await people.meet()
    const said = people.names(7, `paged-${person.id}`)
    await people.say(person, said)
    const found: unknown[] = []
    let url: string | undefined = `Patient/${person.id}/$changes?sinceVersion=0&_count=3`
    for (let page = 0; url !== undefined; page++) {
      const { status, body }: { status: number; body: Bundle } = await api.ask<Bundle>(url)
      expect([status, body.total]).toEqual([200, 8])
      found.push(...told(body).map(([key]) => key))
      await tell(person, named(person, `meanwhile-${page}`))
      url = nextOf(body)
    }
    expect(found.toSorted()).toEqual([`Patient/${person.id}`, ...said.map((one) => keyOf(one))].sort())
  })
})

describe('since a moment, $changes tells', () => {
  test('what has changed since a minute before it, so that nothing falls between two', async () => {
    const person = await people.meet()
    const pulse = named(person, 'pulse')
    await people.say(person, [pulse])
    const moment = new Date().toISOString()
    expect(told((await changes(person, `_since=${moment}`)).body)).toContainEqual(put(pulse, 'new-data'))
    await database().query(
      `update patient_version set created_at = created_at - interval '2 minutes' where patient_id = $1`,
      [person.id]
    )
    expect(told((await changes(person, `_since=${moment}`)).body)).toEqual([])
  })

  test('a medicine that has run out since then, though no source spoke', async () => {
    const clock = { ahead: 0 }
    const later = openApi({ database: database(), pds, now: () => Date.now() + clock.ahead })
    const person = await people.meet()
    const medicine: Said = {
      name: `tablet-${person.id}`,
      type: 'MedicationStatement',
      sections: ['medications'],
      content: {
        status: 'active',
        extension: [
          { url: chesil.medicineCurrency, valueCode: 'current' },
          {
            url: chesil.medicineCurrencyUntil,
            valueDate: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
          }
        ]
      }
    }
    await people.say(person, [medicine])
    const since = await versionOf(person)
    clock.ahead = 10 * 86_400_000
    const { body } = await later.ask<Bundle>(`Patient/${person.id}/$changes?sinceVersion=${since}`)
    await later.close()
    expect(told(body)).toEqual([put(medicine, 'as-shown')])
  })
})

describe('$changes is silent about', () => {
  const secret = (person: Person) =>
    named(person, 'secret', { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } })

  test('what policy withholds, come, changed or gone', async () => {
    const person = await people.meet()
    const since = await versionOf(person)
    await tell(person, secret(person))
    expect((await changes(person, `sinceVersion=${since}`)).text).not.toContain(keyOf(secret(person)))
    const shown = await versionOf(person)
    await tell(person, secret(person), { deletes: true })
    const { body, text } = await changes(person, `sinceVersion=${shown}`)
    expect(text).not.toContain(keyOf(secret(person)))
    expect(body.total).toBe(0)
  })

  test('types that the scope does not allow', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const { body } = await changes(person, 'sinceVersion=0', { token: tokenOf({ scope: 'user/Patient.rs' }) })
    expect(told(body).map(([key]) => key)).toEqual([`Patient/${person.id}`])
  })

  test('what a source allows only another session, or has kept back to the session since', async () => {
    const person = await people.meet()
    const since = await versionOf(person)
    await people.say(person, [named(person, 'pulse')])
    const withSession = {
      ...catalogue,
      sources: catalogue.sources.map((one) =>
        one.kind === 'gp-connect' && one.id === 'gp-one' ? { ...one, retention: 'session' as const } : one
      )
    }
    const later = openApi({ database: database(), pds, catalogue: withSession })
    const { body } = await later.ask<Bundle>(`Patient/${person.id}/$changes?sinceVersion=${since}`)
    await later.close()
    expect(told(body)).toEqual([])
  })
})

describe('$changes refuses', () => {
  test.each([
    ['no start', ''],
    ['two starts', 'sinceVersion=1&_since=2026-01-01T00:00:00Z'],
    ['a version that is none', 'sinceVersion=x'],
    ['a version to come', 'sinceVersion=999999'],
    ['a day', '_since=2026-01-01'],
    ['a moment to come', '_since=2999-01-01T00:00:00Z'],
    ['an unknown parameter', 'sinceVersion=0&_type=Condition']
  ])('%s, and says what it needs', async (_case, query) => {
    const person = await people.meet()
    const { status, body } = await changes(person, query)
    const outcome = body as unknown as OperationOutcome
    expect([status, outcome.issue[0]?.diagnostics?.length]).toEqual([400, expect.any(Number)])
  })

  test('a version of which something was purged since: what it held cannot be told', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const since = await versionOf(person)
    await database().query(`delete from view_entry where patient_id = $1 and resource_type = 'Observation'`, [
      person.id
    ])
    expect((await changes(person, `sinceVersion=${since}`)).status).toBe(410)
  })

  test('somebody restricted, in the words for nobody', async () => {
    const person = await people.meet()
    await people.close(person, 'restricted')
    const nobody = await api.ask('Patient/00000000-0000-8000-8000-000000000000/$changes?sinceVersion=0')
    const { status, text } = await changes(person, 'sinceVersion=0')
    expect([status, text]).toEqual([404, nobody.text])
  })
})

const runs = Number(process.env['RUNS'] ?? 30)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** The same numbers for the same seed. */
function* numbers(start: number): Generator<number, never> {
  for (let state = start >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

test(`whoever applies $changes to any earlier record has the present one (${runs} histories, seed ${seed})`, async () => {
  for (let run = 0; run < runs; run++) await replay(numbers(seed + run), seed + run)
}, 300_000)

/** What a client holds: by key, the content without where and when it was written. */
type Copy = ReadonlyMap<string, unknown>
const contentOf = (resource: Resource) => {
  const { versionId: _, lastUpdated: __, ...meta } = resource.meta ?? {}
  return { ...resource, meta }
}
const copyOf = ({ entry = [] }: Bundle): Copy =>
  new Map(
    entry.flatMap(({ resource, search }) =>
      resource && search?.mode !== 'outcome'
        ? [[`${resource.resourceType}/${resource.id}`, contentOf(resource)] as const]
        : []
    )
  )

/** Somebody to whom anything may happen. */
async function createLife(random: Generator<number, never>) {
  const pick = (count: number) => Math.floor(random.next().value * count)
  const person = await people.meet()
  const links: string[] = []
  let last = Date.now() - 1_000_000
  const time = () => {
    if (pick(5) === 0) return last - 500_000
    last += 1_000
    return last
  }
  const item = () => named(person, `item-${pick(4)}`, { valueString: String(pick(3)) })
  const former = () => named(person, `former-${pick(2)}`)
  const happenings = [
    () => tell(person, item(), { at: time() }),
    () => tell(person, item(), { at: time() }),
    () => tell(person, item(), { at: time(), deletes: true }),
    () => people.say(person, pick(2) === 0 ? [item()] : [], { at: time() }),
    () => people.say(person, [former()], { source: 'gp-two', at: time() }),
    () => people.trace(person.nhsNumber, pick(2) === 0 ? formerPractice : practice),
    async () => {
      const other = await people.meet()
      await people.say(other, [named(other, 'theirs')], { at: time() })
      links.push(await people.merge(other, person))
    },
    async () => {
      const link = links.pop()
      if (link !== undefined) await people.unmerge(link)
    }
  ]
  return { person, goOn: () => happenings[pick(happenings.length)]?.() }
}

async function replay(random: Generator<number, never>, number: number): Promise<void> {
  const { person, goOn } = await createLife(random)
  const copies: { readonly version: string; readonly copy: Copy }[] = []
  for (let step = 0; step < 8; step++) {
    await goOn()
    const { body } = await api.ask<Bundle>(`Patient/${person.id}/$everything`)
    copies.push({ version: body.meta?.versionId ?? '', copy: copyOf(body) })
  }
  const present = copies.at(-1)?.copy ?? new Map()
  for (const { version, copy } of copies) {
    const replayed = await applied(person, version, copy)
    if (replayed) expect(sorted(replayed), `seed ${number}, since ${version}`).toEqual(sorted(present))
  }
}

const sorted = (copy: Copy) => [...copy].sort(([a], [b]) => (a < b ? -1 : 1))

/** @returns nothing where the client is told to read everything again. */
async function applied(person: Person, version: string, before: Copy): Promise<Copy | undefined> {
  const copy = new Map(before)
  let url: string | undefined = `Patient/${person.id}/$changes?sinceVersion=${version}&_count=2`
  while (url !== undefined) {
    const { status, body }: { status: number; body: Bundle } = await api.ask<Bundle>(url)
    if (status === 410) return undefined
    expect(status).toBe(200)
    for (const { request, resource } of (body.entry ?? []).slice(0, -1) as BundleEntry[]) {
      if (request?.method === 'DELETE') copy.delete(request.url)
      else copy.set(request?.url ?? '', contentOf(resource as Resource))
    }
    url = nextOf(body)
  }
  return copy
}
