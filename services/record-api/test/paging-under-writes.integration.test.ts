import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apply, arrive, observation, snapshot } from '../../../tests/support/contributions.ts'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database: db, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: db(), pds })
})
afterAll(() => api?.close())

const results = 10_000

test('pages of 10,000 results are those of one moment, while the person is written to', async () => {
  const person = await people.meet()
  const said = people.names(results, 'result')
  await people.say(person, said)
  const first = await api.ask(`Observation?patient=${person.id}&_sort=-_lastUpdated&_count=1000`)
  const writing = startWriting(person.id)
  const found: string[] = []
  try {
    for (let page: Bundle | undefined = first.body; page; ) {
      found.push(...keysOf(page))
      const next = nextOf(page)
      if (next === undefined) break
      await sleep(150)
      const { status, body } = await api.ask(next)
      expect(status).toBe(200)
      page = body
    }
  } finally {
    expect(await writing.stop()).toBeGreaterThan(5)
  }
  expect(found.length).toBe(results)
  expect(new Set(found)).toEqual(new Set(said.map((one) => keyOf(one))))
})

/** One source corrects, adds and takes back, one message after another. */
function startWriting(patientId: string) {
  let isOver = false
  let writes = 0
  const write = async () => {
    while (!isOver) {
      const at = Date.now()
      const name = `written-${writes % 50}`
      const entry = observation('gp-two', name, `${name} ${writes}`)
      const { resource: _, ...deletion } = entry
      const entries = writes % 3 === 2 ? [deletion] : [entry]
      const contribution = snapshot({ mode: 'delta', entries })
      await apply(db(), await arrive(db(), { patientId, sourceId: 'gp-two', at, contribution }))
      writes++
    }
  }
  const written = write()
  return {
    async stop(): Promise<number> {
      isOver = true
      await written
      return writes
    }
  }
}
