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
/** Writers beside the one who writes to the person that is read. */
const neighbours = 6

test('pages of 10,000 results are those of one moment, while they and their neighbours are written to', async () => {
  const person = await people.meet()
  const said = people.names(results, 'result')
  await people.say(person, said)
  const others = await Promise.all(Array.from({ length: neighbours }, () => people.meet()))
  const first = await api.ask(`Observation?patient=${person.id}&_sort=-_lastUpdated&_count=1000`)
  const own = startWriting(person.id)
  const beside = others.map(({ id }) => startWriting(id))
  const from = performance.now()
  const found: string[] = []
  let written: readonly number[]
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
    written = await Promise.all([own, ...beside].map((writing) => writing.stop()))
  }
  const perSecond = written.map((writes) => (writes * 1_000) / (performance.now() - from))
  const sum = perSecond.reduce((all, one) => all + one, 0)
  process.stdout.write(
    `${perSecond[0]?.toFixed(0)} writes a second to the person read, ${sum.toFixed(0)} to all\n`
  )
  expect(written.every((writes) => writes > 1)).toBe(true)
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
      const name = `written-${patientId}-${writes % 50}`
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
