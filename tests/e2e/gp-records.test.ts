import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Bundle, Resource } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type Stack,
  startStack
} from '../support/stack.ts'

const folder = path.resolve(import.meta.dirname, '../../../shared/data/gp-connect/structured-records')
const isThere = existsSync(folder)

/**
 * What the published records hold, counted on the files: allergies (ended ones included), medicines, plans,
 * orders, problems, consultations, immunisations, observations, documents, referrals and diary entries, reports,
 * lists.
 */
const oracle = [
  { name: 'Daniels', counts: [5, 95, 95, 146, 1, 8, 0, 10, 0, 1, 0, 47] },
  { name: 'Gainsford', counts: [24, 1, 1, 0, 13, 2, 0, 13, 0, 2, 0, 25] },
  { name: 'Sajal', counts: [3, 3, 3, 4, 20, 36, 0, 101, 1, 3, 1, 178] },
  { name: 'Birdi', counts: [1, 0, 0, 0, 0, 33, 0, 1, 33, 1, 0, 110] },
  { name: 'SKELLY', counts: [2, 10, 10, 59, 10, 3, 1, 1084, 27, 3, 1, 51] },
  { name: 'Lei', counts: [2, 0, 0, 0, 2, 9, 1, 37, 0, 1, 0, 48] },
  { name: 'Bell', counts: [0, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 10] },
  { name: 'Wall', counts: [2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 17] },
  { name: 'Yell', counts: [0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 11] },
  { name: 'SUDLOW', counts: [0, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 10] },
  // The one with a bad date: the same person and story, fewer observations.
  { name: 'SKELLY', counts: [2, 10, 10, 59, 10, 3, 1, 70, 1, 3, 1, 51] }
] as const

const isIntent = (intent: string) => (resource: Resource) =>
  (resource as { intent?: string }).intent === intent
const columns: readonly (readonly [string, ((resource: Resource) => boolean)?])[] = [
  ['AllergyIntolerance'],
  ['MedicationStatement'],
  ['MedicationRequest', isIntent('plan')],
  ['MedicationRequest', isIntent('order')],
  ['Condition'],
  ['Encounter'],
  ['Immunization'],
  ['Observation'],
  ['DocumentReference'],
  ['ServiceRequest'],
  ['DiagnosticReport'],
  ['List']
]

const countsOf = (bundle: Bundle) =>
  columns.map(([type, which = () => true]) => resourcesOf(bundle, type).filter(which).length)

describe.skipIf(!isThere)(isThere ? 'real records' : `real records: skipped, ${folder} is not there`, () => {
  let stack: Stack
  let people: readonly SandboxPerson[]
  const records = new Map<string, { id: string; body: Bundle; text: string }>()
  beforeAll(async () => {
    stack = await startStack({ env: { sandbox: { GP_RECORDS: folder } } })
    people = await stack.people()
    for (const { nhsNumber } of people) {
      const id = (await stack.findPerson(nhsNumber)) as string
      await stack.settle(id)
      const { body, text } = await stack.ask(`Patient/${id}/$everything`)
      records.set(nhsNumber, { id, body, text })
    }
  }, 120_000)
  afterAll(() => stack?.stop())

  /** What the source said and was kept out, by the type it has here. */
  async function keptOut(id: string): Promise<{ type: string; reason: string }[]> {
    return [
      ...(await stack.database.query<{ type: string; reason: string }>(
        'select resource_type as type, reason from quarantine where patient_id = $1 and closed_at is null',
        [id]
      ))
    ]
  }

  test('every file of the folder is somebody’s', () => {
    expect(people).toHaveLength(readdirSync(folder).length)
  })

  test.each(oracle)(
    '$name: the view holds what the record holds, less what was kept out, which is listed',
    async ({ name, counts }) => {
      const candidates = people.filter(({ family }) => family.toUpperCase() === name.toUpperCase())
      const matches: unknown[] = []
      for (const { nhsNumber } of candidates) {
        const { id, body } = records.get(nhsNumber) as { id: string; body: Bundle }
        const refused = await keptOut(id)
        const missing = columns.map(([type]) => refused.filter((one) => one.type === type).length)
        const shown = countsOf(body).map((count, at) => count + (missing[at] as number))
        matches.push(shown)
      }
      expect(matches).toContainEqual(counts)
    }
  )

  test('27 documents of another patient are refused, and the reader is told how many and where', async () => {
    const skelly = records.get('9690937286') as { id: string; body: Bundle }
    const refused = (await keptOut(skelly.id)).filter(({ type }) => type === 'DocumentReference')
    expect(refused).toHaveLength(27)
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['other-subject']))
    expect(resourcesOf(skelly.body, 'DocumentReference')).toEqual([])
    const [issue] = outcomeOf(skelly.body).issue
    expect(codesOf(outcomeOf(skelly.body))[0]).toContain('quarantined')
    expect(issue?.details?.text).toMatch(/Kept out of this record.*\d+ in /)
  })

  test('what is no record is refused as a whole, and the practice’s state says so', () => {
    const heslby = people.find(({ family }) => family.toUpperCase() === 'HESLBY') as SandboxPerson
    const { body } = records.get(heslby.nhsNumber) as { body: Bundle }
    expect(codesOf(outcomeOf(body))[0]).toContain('refused-answer')
    expect(resourcesOf(body).map(({ resourceType }) => resourceType)).toEqual(['Patient'])
  })

  test('warnings of a list reach the reader', () => {
    const daniels = people.find(({ family }) => family === 'Daniels') as SandboxPerson
    const { body } = records.get(daniels.nhsNumber) as { body: Bundle }
    expect(codesOf(outcomeOf(body))[0]).toContain('data-in-transit')
    expect(outcomeOf(body).issue[0]?.details?.text).toMatch(/transfer from previous GP practice/)
  })

  test('no answer mixes two people', () => {
    for (const [nhsNumber, { id, body, text }] of records) {
      const persons = resourcesOf(body).flatMap(personsNamed)
      expect(new Set(persons)).toEqual(new Set(persons.length > 0 ? [`Patient/${id}`] : []))
      const others = [...records].filter(([other]) => other !== nhsNumber)
      expect(
        others.filter(([other, { id: otherId }]) => text.includes(otherId) || text.includes(other))
      ).toEqual([])
    }
  })

  test('every reference in an answer leads to something in it', () => {
    for (const { body } of records.values()) {
      const keys = new Set(resourcesOf(body).map(({ resourceType, id }) => `${resourceType}/${id}`))
      const dangling = referencesIn(resourcesOf(body)).filter((one) => !one.startsWith('#') && !keys.has(one))
      expect(dangling).toEqual([])
    }
  })
})

/** Whom a resource says it is about. */
function personsNamed(resource: Resource): string[] {
  const { subject, patient } = resource as {
    subject?: { reference?: string }
    patient?: { reference?: string }
  }
  return [subject?.reference, patient?.reference].flatMap((reference) => reference ?? [])
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string' ? [inner] : referencesIn(inner)
  )
}
