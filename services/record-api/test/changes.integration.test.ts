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
const sensitiveCodes = new Map([['7654321', 'asylum']])
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, sensitiveCodes })
})
afterAll(() => api?.close())

const versionOf = async ({ id }: Person): Promise<string> =>
  (await api.ask<Bundle>(`Patient/${id}/$everything`)).body.meta?.versionId ?? 'none'
/** Of the record alone, whatever else decides what is shown. */
const numberOf = (versionId: string): number => Number.parseInt(versionId, 10)
const changes = ({ id }: Person, query: string, asking = {}) =>
  api.ask<Bundle>(`Patient/${id}/$changes?${query}`, asking)

/** `Type/id`, what to do, and why. */
const told = ({ entry = [] }: Bundle) =>
  entry.slice(0, -1).map(({ request, resource, extension }) => {
    const reason = extension?.[0]?.extension?.find(({ url }) => url === 'reason')?.valueCode
    return [request?.url, request?.method, reason, resource === undefined]
  })
async function statusAndTold(person: Person, since: string) {
  const { status, body } = await changes(person, `sinceVersion=${since}`)
  return [status, told(body)]
}
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
          { url: 'version', valuePositiveInt: numberOf(await versionOf(person)) },
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
    expect(await statusAndTold(person, since)).toEqual([200, []])
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
    const parted = numberOf(await versionOf(b)) - 1
    expect(told((await changes(b, `sinceVersion=${parted}`)).body)).toEqual([
      put(named(b, 'later'), 'new-data')
    ])
  })

  test('nothing exact once the present practice speaks for what a former one had said', async () => {
    const person = await people.meet(formerPractice)
    const [old, fresh] = [named(person, 'old'), named(person, 'fresh')]
    await people.say(person, [old], { source: 'gp-two' })
    await people.trace(person.nhsNumber)
    const since = await versionOf(person)
    await people.say(person, [fresh])
    expect((await changes(person, `sinceVersion=${since}`)).status).toBe(410)
    // By its number alone, all else is taken to have been as it is now.
    const { body } = await changes(person, `sinceVersion=${numberOf(since)}`)
    expect(told(body)).toEqual([put(fresh, 'new-data')])
    const again = await changes(person, `sinceVersion=${await versionOf(person)}`)
    expect([again.status, told(again.body)]).toEqual([200, []])
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
    const later = openApi({ database: database(), pds, sensitiveCodes, now: () => Date.now() + clock.ahead })
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
    const { status, body } = await later.ask<Bundle>(`Patient/${person.id}/$changes?sinceVersion=${since}`)
    await later.close()
    expect(status).toBe(200)
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
    const later = openApi({ database: database(), pds, catalogue: withSession, sensitiveCodes })
    const exact = await later.ask<Bundle>(`Patient/${person.id}/$changes?sinceVersion=${since}`)
    const { status, body } = await later.ask<Bundle>(
      `Patient/${person.id}/$changes?sinceVersion=${numberOf(since)}`
    )
    await later.close()
    expect([exact.status, status]).toEqual([410, 200])
    expect(told(body)).toEqual([])
  })
})

describe('where more than the record has changed, $changes tells nothing rather than a part:', () => {
  const everything = ({ id }: Person, asking = {}, of = api) =>
    of.ask<Bundle>(`Patient/${id}/$everything`, asking)
  const sinceThen = async (person: Person, { body }: { body: Bundle }, asking = {}, of = api) =>
    (await of.ask(`Patient/${person.id}/$changes?sinceVersion=${body.meta?.versionId}`, asking)).status
  const sensitive = { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } }

  test('consent was refused', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const before = await everything(person)
    await people.refuseConsent(person, 'gp-one')
    expect(await sinceThen(person, before)).toBe(410)
  })

  test('consent was given again', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    await people.refuseConsent(person, 'gp-one')
    const before = await everything(person)
    await database().query('update source_status set consent_refused = false where patient_id = $1', [
      person.id
    ])
    await people.say(person, [named(person, 'pulse')])
    expect(await sinceThen(person, before)).toBe(410)
  })

  test('a code has become sensitive, or is so no more', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'x', sensitive)])
    const without = openApi({ database: database(), pds })
    const [shown, withheld] = [await everything(person, {}, without), await everything(person)]
    expect(await sinceThen(person, shown)).toBe(410)
    expect(await sinceThen(person, withheld, {}, without)).toBe(410)
    await without.close()
  })

  test('the token allows more, or less', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const narrow = { token: tokenOf({ scope: 'user/Patient.rs' }) }
    expect(await sinceThen(person, await everything(person, narrow))).toBe(410)
    expect(await sinceThen(person, await everything(person), narrow)).toBe(410)
  })

  test('but not for what the record has nothing of', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'pulse')])
    const before = await everything(person)
    await people.refuseConsent(person, 'gp-two')
    expect(await sinceThen(person, before)).toBe(200)
  })

  test('an item that was withheld meanwhile is not told as taken back', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'x')])
    const since = await versionOf(person)
    await tell(person, named(person, 'x', sensitive))
    expect(await statusAndTold(person, since)).toEqual([200, [gone(named(person, 'x'), 'as-shown')]])
  })

  test('an item that is shown since it was worded anew is not told as new, nor as gone on a later page', async () => {
    const person = await people.meet()
    await people.say(person, [named(person, 'x', sensitive)])
    const since = await versionOf(person)
    await tell(person, named(person, 'x'))
    expect(await statusAndTold(person, since)).toEqual([200, [put(named(person, 'x'), 'as-shown')]])
    const shown = await versionOf(person)
    for (const name of ['n1', 'n2', 'n3']) await tell(person, named(person, name))
    const found: unknown[] = []
    for (
      let url: string | undefined = `Patient/${person.id}/$changes?sinceVersion=${shown}&_count=2`;
      url;
    ) {
      const { status, body }: { status: number; body: Bundle } = await api.ask<Bundle>(url)
      expect([status, body.total]).toEqual([200, 3])
      found.push(...told(body))
      await tell(person, named(person, `meanwhile-${found.length}`))
      url = nextOf(body)
    }
    expect(found).toEqual(['n1', 'n2', 'n3'].map((name) => put(named(person, name), 'new-data')))
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
  let exact = 0
  for (let run = 0; run < runs; run++) exact += await replay(numbers(seed + run), seed + run)
  // Of eight versions in each history; the rest was told to be read again.
  expect(exact).toBeGreaterThan(runs * 2)
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
    () =>
      tell(
        person,
        { ...item(), content: { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } } },
        { at: time() }
      ),
    () => people.refuseConsent(person, 'gp-two'),
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

/** @returns from how many of its versions changes were told. */
async function replay(random: Generator<number, never>, number: number): Promise<number> {
  const { person, goOn } = await createLife(random)
  const copies: { readonly version: string; readonly copy: Copy }[] = []
  for (let step = 0; step < 8; step++) {
    await goOn()
    const { body } = await api.ask<Bundle>(`Patient/${person.id}/$everything`)
    copies.push({ version: body.meta?.versionId ?? '', copy: copyOf(body) })
  }
  const present = copies.at(-1)?.copy ?? new Map()
  let exact = 0
  for (const { version, copy } of copies) {
    const replayed = await applied(person, version, copy)
    if (!replayed) continue
    expect(sorted(replayed), `seed ${number}, since ${version}`).toEqual(sorted(present))
    exact++
  }
  return exact
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
