import type { Bundle, Condition, OperationOutcome, Resource } from '@chesil/fhir'
import { parseNhsNumber } from '@chesil/fhir'
import { recordObjection, systemIds } from '@chesil/record-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type Stack,
  startStack
} from '../support/stack.ts'

let stack: Stack
let people: readonly SandboxPerson[]
const tokens = new Map<string, string>()

const roles = ['clinician', 'social-care-practitioner', 'clerical', 'data-quality', 'ops'] as const
type Role = (typeof roles)[number]

/** Which routes a role may use for somebody who may be shown; written here a second time, on purpose. */
const permitted: Readonly<Record<Role, readonly Route[]>> = {
  clinician: [
    'find',
    'read',
    'everything',
    'conflicts',
    'completeness',
    'refresh',
    'search',
    'compartment',
    'summary',
    'changes',
    'item',
    'history',
    'provenance'
  ],
  'social-care-practitioner': [
    'find',
    'read',
    'everything',
    'summary',
    'changes',
    'conflicts',
    'completeness',
    'refresh'
  ],
  clerical: ['find', 'read', 'completeness'],
  'data-quality': ['find', 'read', 'completeness'],
  ops: []
}

const routes = {
  find: ({ nhsNumber }: Known) => ({ path: `Patient?identifier=${nhsNumber}` }),
  read: ({ id }: Known) => ({ path: `Patient/${id}` }),
  everything: ({ id }: Known) => ({ path: `Patient/${id}/$everything` }),
  conflicts: ({ id }: Known) => ({ path: `Patient/${id}/$conflicts` }),
  completeness: ({ id }: Known) => ({ path: `Patient/${id}/$completeness` }),
  refresh: ({ id }: Known) => ({ path: `Patient/${id}/$refresh`, method: 'POST' }),
  search: ({ id }: Known) => ({ path: `Observation?patient=${id}` }),
  compartment: ({ id }: Known) => ({ path: `Patient/${id}/Observation` }),
  summary: ({ id }: Known) => ({ path: `Patient/${id}/$summary` }),
  changes: ({ id }: Known) => ({ path: `Patient/${id}/$changes?sinceVersion=0` }),
  item: ({ itemId }: Known) => ({ path: `Observation/${itemId}` }),
  history: ({ itemId }: Known) => ({ path: `Observation/${itemId}/_history` }),
  provenance: ({ itemId }: Known) => ({ path: `Provenance/${itemId}` })
} as const
type Route = keyof typeof routes

interface Known {
  readonly nhsNumber: string
  readonly id: string
  /** An Observation of theirs. */
  readonly itemId: string
  /** As they are named: nothing of it may appear when nothing is shown. */
  readonly family: string
  readonly practice: string
}

/** Kinds of people, and whether they may be shown. */
const kinds = {
  ordinary: true,
  superseded: true,
  deceased: true,
  safeguarding: true,
  restricted: false,
  'very-restricted': false,
  redacted: false,
  invalidated: false,
  objecting: false,
  'restricted-since': false,
  'invalidated-since': false,
  'objecting-since': false
} as const
type Kind = keyof typeof kinds
const known = new Map<Kind, Known>()

beforeAll(async () => {
  stack = await startStack({ env: { sandbox: { SANDBOX_PEOPLE: '30', RECORD_SIZES: '100,140' } } })
  people = await stack.people()
  for (const role of roles) tokens.set(role, await stack.issueToken({ role }))
  await object(personOf('objecting').nhsNumber)
  for (const kind of Object.keys(kinds) as Kind[]) known.set(kind, await meet(kind))
})
afterAll(() => stack?.stop())

const used = new Set<string>()
function personOf(kind: string): SandboxPerson {
  const person = people.find((one) => one.kind === kind && !used.has(one.nhsNumber)) as SandboxPerson
  if (kind === 'ordinary') used.add(person.nhsNumber)
  return person
}

const object = (nhsNumber: string) =>
  stack.database.transaction((sql) =>
    recordObjection(sql, { id: systemIds.newId(), nhsNumber: parseNhsNumber(nhsNumber), recordedBy: 'test' })
  )

/** First contact; somebody `…-since` is an ordinary person first, whose record is here when they change. */
async function meet(kind: Kind): Promise<Known> {
  const [before, since] = kind.split('-since')
  const person = personOf(since === undefined ? kind : 'ordinary')
  const { nhsNumber, family, practice } = person
  const found = await stack.findPerson(nhsNumber)
  if (found) await stack.settle(found)
  const [row] = await stack.database.query<{ id: string; item: string | null }>(
    `select i.patient_id as id, (select resource_id from view_entry v
       where v.patient_id = i.patient_id and resource_type = 'Observation' and to_version is null limit 1) as item
       from patient_identifier i where value = $1`,
    [nhsNumber]
  )
  if (since !== undefined) await change(before as string, nhsNumber)
  const nobody = '00000000-0000-4000-8000-000000000000'
  return { nhsNumber, family, practice, id: row?.id ?? nobody, itemId: row?.item ?? nobody }
}

async function change(what: string, nhsNumber: string): Promise<void> {
  if (what === 'objecting') return await object(nhsNumber)
  const patch = what === 'restricted' ? { confidentiality: 'R' } : { invalidated: true }
  await stack.control('PATCH', `people/${nhsNumber}`, patch)
  await expireTrace(nhsNumber)
}

async function expireTrace(nhsNumber: string): Promise<void> {
  await stack.database.query(
    `with aged as (update pds_trace set traced_at = traced_at - interval '25 hours' where nhs_number = $1 returning patient_id)
     update patient set revision = revision + 1 where id in (select patient_id from aged)`,
    [nhsNumber]
  )
}

const cells = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
  roles.flatMap((role) => (Object.keys(routes) as Route[]).map((route) => [kind, role, route] as const))
)

describe('who is shown what', () => {
  test.each(cells)('%s, to %s, by %s', async (kind, role, route) => {
    const person = known.get(kind) as Known
    const { path, ...asking } = routes[route](person)
    const answer = await stack.ask(path, { ...asking, token: tokens.get(role) })
    if (!permitted[role].includes(route)) return expect(answer.status).toBe(403)
    if (kinds[kind]) {
      // Nobody deceased is asked for by a practice, so there are no items; an id of none is nobody's.
      const isItem = ['item', 'history', 'provenance'].includes(route)
      return expect(answer.status).toBe(isItem && person.itemId.startsWith('00000000') ? 404 : 200)
    }
    expect(answer.text).not.toContain(person.family)
    expect(answer.text).not.toContain(person.practice)
    if (route !== 'find') return expect(answer.status).toBe(404)
    expect(answer.status).toBe(200)
    expect(answer.body.total).toBe(0)
  })

  test('nobody can tell somebody who is not shown from somebody who is not there', async () => {
    const nobody = await stack.ask<OperationOutcome>(
      'Patient/00000000-0000-4000-8000-000000000000/$everything'
    )
    for (const [kind, isShown] of Object.entries(kinds)) {
      if (isShown) continue
      const { status, body } = await stack.ask(`Patient/${known.get(kind as Kind)?.id}/$everything`)
      expect([status, body]).toEqual([nobody.status, nobody.body])
    }
  })

  test('no practice is asked about somebody who is not shown', async () => {
    const closed = Object.entries(kinds).filter(([kind, isShown]) => !isShown && !kind.endsWith('-since'))
    const ids = closed.map(([kind]) => known.get(kind as Kind)?.id)
    const pulls = await stack.database.query('select 1 from pull where patient_id = any ($1::uuid[])', [ids])
    expect(pulls).toEqual([])
  })

  test('every access is audited once, with its reader, role, purpose and person', async () => {
    const requestId = crypto.randomUUID()
    const person = known.get('ordinary') as Known
    await stack.ask(`Patient/${person.id}/$everything`, { headers: { 'x-request-id': requestId } })
    const rows = await stack.database.query<{ body: string }>(
      `select body from audit_event where body like '%' || $1 || '%'`,
      [requestId]
    )
    expect(rows).toHaveLength(1)
    expect(JSON.parse(rows[0]?.body ?? '')).toMatchObject({
      resourceType: 'AuditEvent',
      outcome: '0',
      purposeOfEvent: [{ coding: [{ code: 'TREAT' }] }],
      agent: [
        { requestor: true, role: [{ coding: [{ code: 'R8000' }] }] },
        { who: { identifier: { value: 'R9Z' } } },
        { who: { identifier: { value: 'sandbox' } }, network: { address: '127.0.0.1' } },
        { who: { display: 'Chesil record-api' }, network: { address: '127.0.0.1' } }
      ],
      entity: [
        { what: { reference: `Patient/${person.id}`, identifier: { value: person.nhsNumber } } },
        { query: btoa(`/fhir/R4/Patient/${person.id}/$everything`) },
        { what: { identifier: { value: requestId } } }
      ]
    })
  })
})

describe('what PDS says', () => {
  test('a superseded number and the one in force lead to the same person', async () => {
    const person = personOf('superseded') as SandboxPerson & { formerNhsNumbers: string[] }
    const ids = await Promise.all(
      [person.nhsNumber, ...person.formerNhsNumbers].map((n) => stack.findPerson(n))
    )
    expect(new Set(ids).size).toBe(1)
    const { body } = await stack.ask<Resource & { identifier: object[] }>(`Patient/${ids[0]}`)
    expect(body.identifier).toMatchObject([
      { use: 'official', value: person.nhsNumber },
      { use: 'old', value: person.formerNhsNumbers[0] }
    ])
  })

  test('of somebody who has died: the record stays readable, and the practice is no longer asked', async () => {
    const living = personOf('ordinary')
    const id = (await stack.findPerson(living.nhsNumber)) as string
    await stack.settle(id)
    const before = resourcesOf((await stack.ask(`Patient/${id}/$everything`)).body)
    await stack.control('PATCH', `people/${living.nhsNumber}`, { deathDate: '2026-11-01' })
    await expireTrace(living.nhsNumber)
    const { body } = await stack.ask(`Patient/${id}/$everything`)
    expect(codesOf(outcomeOf(body))).toEqual([['deceased', 'stored']])
    expect(resourcesOf(body)[0]).toMatchObject({ deceasedDateTime: expect.stringContaining('2026-11-01') })
    expect(resourcesOf(body)).toHaveLength(before.length)
    const pulls = await stack.database.query('select 1 from pull where patient_id = $1', [id])
    await stack.ask(`Patient/${id}/$refresh`, { method: 'POST' })
    expect(await stack.database.query('select 1 from pull where patient_id = $1', [id])).toEqual(pulls)
  })

  test('cannot be asked: somebody known is shown without an address, and the answer says so', async () => {
    const { id, nhsNumber } = known.get('ordinary') as Known
    await stack.control('PUT', 'pds/behaviour', { kind: 'fail', status: 500 })
    await expireTrace(nhsNumber)
    const { body } = await stack.ask(`Patient/${id}/$everything`)
    const [patient, ...others] = resourcesOf(body, 'Patient') as (Resource & {
      address?: unknown
      telecom?: unknown
    })[]
    const read = await stack.ask<Resource & { address?: unknown }>(`Patient/${id}`)
    const stranger = personOf('ordinary')
    const refused = await stack.ask<OperationOutcome>(`Patient?identifier=${stranger.nhsNumber}`)
    await stack.control('PUT', 'pds/behaviour', { kind: 'healthy' })

    expect(patient?.id).toBe(id)
    for (const one of [patient, ...others])
      expect([one?.address, one?.telecom]).toEqual([undefined, undefined])
    expect(read.body.address).toBeUndefined()
    expect(codesOf(outcomeOf(body)).flat()).toContain('pds-unreachable')
    expect(refused.status).toBe(503)
    const again = (await stack.ask<Resource & { address?: unknown }>(`Patient/${id}`)).body
    expect(again.address).toBeDefined()
  })
})

describe('security labels', () => {
  const everything = async (id: string, role: Role) =>
    (await stack.ask(`Patient/${id}/$everything`, { token: tokens.get(role) })).body
  const labelled = (bundle: Bundle, label: string) =>
    resourcesOf(bundle).filter(({ meta }) => meta?.security?.some(({ code }) => code === label))

  test('safeguarding items carry their label, for those who may see them', async () => {
    const { id } = known.get('safeguarding') as Known
    const body = await everything(id, 'clinician')
    expect(labelled(body, 'safeguarding').length).toBeGreaterThan(0)
    expect(codesOf(outcomeOf(body)).flat()).not.toContain('withheld')
  })

  test('an item that nobody may see is not shown, counted, found or told of, and the notice is the same for all', async () => {
    const person = personOf('ordinary')
    const id = (await stack.findPerson(person.nhsNumber)) as string
    await stack.settle(id)
    const record = (await stack.control('GET', `people/${person.nhsNumber}/record`)) as {
      entry: { resource: StuResource }[]
    }
    const condition = record.entry.find(({ resource }) => resource.resourceType === 'Condition')?.resource
    expect(condition).toBeDefined()
    const before = resourcesOf<Condition>(await everything(id, 'clinician'), 'Condition')
    Object.assign(condition as StuResource, {
      code: {
        coding: [{ system: 'http://snomed.info/sct', code: '8098009', display: 'A secret' }],
        text: 'A secret'
      }
    })
    await stack.control('PUT', `people/${person.nhsNumber}/record`, record)
    await stack.ask(`Patient/${id}/$refresh`, { method: 'POST', headers: { prefer: 'wait=8' } })

    const whole = await everything(id, 'clinician')
    const hidden = before.find((one) => !resourcesOf(whole, 'Condition').some((other) => other.id === one.id))
    expect(hidden).toBeDefined()
    expect(whole.total).toBe(resourcesOf(whole).length)
    const asked = await Promise.all(
      [
        `Condition?patient=${id}&code=8098009`,
        `Condition?patient=${id}`,
        `Patient/${id}/$everything?_type=Condition`
      ].map((path) => stack.ask(path))
    )
    for (const { text, body } of asked) {
      expect(text).not.toContain('A secret')
      expect(text).not.toContain(hidden?.id)
      expect(codesOf(outcomeOf(body)).flat()).toContain('withheld')
    }
    expect(asked[0]?.body.total).toBe(0)
    expect((await stack.ask(`Condition/${hidden?.id}`)).status).toBe(404)
    expect((await stack.ask(`Condition/${hidden?.id}/_history`)).status).toBe(404)
    const notice = (body: Bundle) =>
      outcomeOf(body).issue.find(({ details }) => details?.coding?.[0]?.code === 'withheld')
    expect(notice(whole)).toEqual(notice(await everything(id, 'social-care-practitioner')))
    // Whether the search could have matched does not show.
    const unrelated = await stack.ask(`Immunization?patient=${id}`)
    expect(codesOf(outcomeOf(unrelated.body)).flat()).toContain('withheld')
  })

  interface StuResource {
    resourceType: string
  }

  test('a role sees the types of its work and no others, and is told that something is withheld', async () => {
    const { id } = known.get('ordinary') as Known
    const body = await everything(id, 'social-care-practitioner')
    const types = new Set(resourcesOf(body).map(({ resourceType }) => resourceType))
    expect(types.has('Condition')).toBe(true)
    expect(types.has('Observation')).toBe(false)
    expect(codesOf(outcomeOf(body)).flat()).toContain('withheld')
  })
})
