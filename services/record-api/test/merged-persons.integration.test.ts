import type { Bundle, OperationOutcome, Patient, Resource } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds })
})
afterAll(() => api?.close())

/** Two people of one practice, both read before anything happens to them. */
async function two() {
  const [a, b] = [await people.meet(), await people.meet()]
  const [ofA, ofB] = [people.names(6, `a-${a.id}`), people.names(6, `b-${b.id}`)]
  await people.say(a, ofA)
  await people.say(b, ofB)
  for (const { id } of [a, b]) await api.ask(`Patient/${id}`)
  return { a, b, ofA, ofB }
}
const keys = (said: readonly Said[]) => said.map((one) => keyOf(one)).sort()
const everything = async ({ id }: Person, query = '') =>
  (await api.ask(`Patient/${id}/$everything${query}`)).body
const itemsOf = (bundle: Bundle) => keysOf(bundle).filter((key) => !key.startsWith('Patient/'))

describe('a merged person', () => {
  test('answers as Patient with who replaces them', async () => {
    const { a, b } = await two()
    await people.merge(a, b)
    for (let again = 0; again < 2; again++) {
      const { status, body } = await api.ask<Patient>(`Patient/${a.id}`)
      expect(status).toBe(200)
      expect(body).toMatchObject({
        id: a.id,
        active: false,
        link: [{ type: 'replaced-by', other: { reference: `Patient/${b.id}` } }]
      })
      expect(body.name).toBeUndefined()
    }
  })

  test('is the survivor in every other read, with the items of both under one person', async () => {
    const { a, b, ofA, ofB } = await two()
    await people.merge(a, b)
    const both = [...keys(ofA), ...keys(ofB)].sort()
    for (const { body } of await Promise.all([
      api.ask(`Patient/${a.id}/$everything`),
      api.ask(`Patient/${b.id}/$everything`)
    ])) {
      expect(keysOf(body)).toEqual([`Patient/${b.id}`, ...both])
    }
    const found = await api.ask(`Observation?patient=${a.id}&_sort=_id`)
    expect(keysOf(found.body)).toEqual(both)
    expect((await api.ask(`Patient/${a.id}/$completeness`)).body).toMatchObject({ patient: b.id })
    for (const number of [a.nhsNumber, b.nhsNumber]) {
      expect(keysOf((await api.ask(`Patient?identifier=${number}`)).body)).toEqual([`Patient/${b.id}`])
    }
    const item = await api.ask<{ subject: object }>(keyOf(ofA[0] as Said))
    expect(item.body.subject).toEqual({ reference: `Patient/${b.id}` })
  })

  test('takes their page links with them: gone', async () => {
    const { a, b } = await two()
    const pages = [
      nextOf(await everything(a, '?_count=2')),
      nextOf((await api.ask(`Observation?patient=${a.id}&_count=2`)).body)
    ] as string[]
    await people.merge(a, b)
    for (const page of pages) {
      const { status, body } = await api.ask<OperationOutcome>(page)
      expect(status).toBe(410)
      expect(body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'deleted' }] })
    }
  })

  test('does not end the survivor’s page links, which go on with the version they began with', async () => {
    const { a, b, ofB } = await two()
    const first = await everything(b, '?_count=4')
    await people.merge(a, b)
    const rest = await everything(b, `?_cursor=${nextOf(first)?.split('_cursor=')[1]}`)
    expect([...itemsOf(first), ...itemsOf(rest)].sort()).toEqual(keys(ofB))
  })

  test('makes another ETag for each item that moved: its subject is another', async () => {
    const { a, b, ofA } = await two()
    const path = keyOf(ofA[0] as Said)
    const before = (await api.ask(path)).headers['etag'] as string
    const linkId = await people.merge(a, b)
    const moved = await api.ask<Resource>(path)
    const merged = moved.headers['etag'] as string
    expect(merged).toBe(`W/"${moved.body.meta?.versionId}"`)
    await people.unmerge(linkId)
    const parted = (await api.ask(path)).headers['etag'] as string
    expect(merged).not.toBe(before)
    expect(parted).not.toBe(merged)
  })
})

describe('a merge undone', () => {
  test('brings both back, each with what is theirs', async () => {
    const { a, b, ofA, ofB } = await two()
    const linkId = await people.merge(a, b)
    for (const { id } of [a, b]) await api.ask(`Patient/${id}/$everything`)
    await people.unmerge(linkId)
    await people.trace(a.nhsNumber)
    expect(keysOf(await everything(a))).toEqual([`Patient/${a.id}`, ...keys(ofA)])
    expect(keysOf(await everything(b))).toEqual([`Patient/${b.id}`, ...keys(ofB)])
    const read = await api.ask<Patient>(`Patient/${a.id}`)
    expect(read.body).toMatchObject({ id: a.id, active: true })
    expect((await api.ask<{ subject: object }>(keyOf(ofA[0] as Said))).body.subject).toEqual({
      reference: `Patient/${a.id}`
    })
    expect((await api.ask(`Observation?patient=${b.id}&_id=${idOf(ofA[0] as Said)}`)).body.total).toBe(0)
  })

  test('ends the page links of the time between, which would show the other person’s items', async () => {
    const { a, b, ofA } = await two()
    const linkId = await people.merge(a, b)
    const first = await everything(b, '?_count=2')
    await people.unmerge(linkId)
    const { body, text } = await api.ask(nextOf(first) as string)
    expect(itemsOf(body).filter((key) => keys(ofA).includes(key))).toEqual([])
    expect(text).not.toContain(a.id)
  })
})
