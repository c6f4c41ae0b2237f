import type { Patient } from '@chesil/fhir'
import {
  claimPull,
  findDemographics,
  readEntryHistory,
  readEveryIndex,
  readView,
  saveTrace,
  systemIds,
  unmergePersons
} from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const { answer, end, merge, next, request, say, shown, sourceOf, stateOf, trace, unmerge } = persons

let sources = 0
const newSource = () => `gp-${++sources}`
const meet = () => trace({ asked: next() })
const meetAll = async (count: number) => {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await meet())
  return ids as [string, string, string, string]
}
const ownerOf = async (sourceId: string, name: string) =>
  (
    await db().query<{ owner: string }>(
      'select patient_id as owner from source_resource_owner where resource_id = $1',
      [persons.itemId(sourceId, name)]
    )
  )[0]?.owner
const knownSources = async (id: string) => (await stateOf(id))?.sources.map(({ sourceId }) => sourceId)

describe('an item that its source said of one and then of the other', () => {
  test('does not hinder a merge, and is shown as it was', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await say(a, s, ['x', 'y'])
    await say(a, s, ['y'])
    await say(c, s, ['x'])
    await merge(a, c)
    expect(await shown(c)).toEqual(['x', 'y'])
    expect(await shown(a)).toEqual([])
  })

  test('does not hinder a merge the other way round', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await say(a, s, ['x'])
    await say(a, s, [])
    await say(c, s, ['x'])
    const link = await merge(c, a)
    expect(await shown(a)).toEqual(['x'])
    await unmerge(link)
    expect([await shown(a), await shown(c)]).toEqual([[], ['x']])
  })

  test('stays with a third person who has it by now', async () => {
    const s = newSource()
    const [a, c, d] = await meetAll(3)
    await say(a, s, ['x', 'y'])
    await say(a, s, ['y'])
    await say(d, s, ['x'])
    const link = await merge(a, c)
    expect(await ownerOf(s, 'x')).toBe(d)
    await say(c, s, ['x', 'y'])
    expect([await shown(c), await shown(d)]).toEqual([['y'], ['x']])
    await unmerge(link)
    expect(await ownerOf(s, 'x')).toBe(d)
  })
})

describe('what was under way at a merge', () => {
  test('goes to the survivor, and back when the merge is undone', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await say(a, s, ['a1'])
    const late = await answer(a, s, ['a1', 'a2'])
    const link = await merge(a, c)
    await apply(db(), late)
    expect(await shown(c)).toEqual(['a1', 'a2'])
    await unmerge(link)
    expect([await shown(a), await shown(c)]).toEqual([['a1', 'a2'], []])
    expect(await knownSources(c)).toEqual([])
    expect(await sourceOf(a, s)).toMatchObject({ stale: true })
  })

  test('of a source that nothing was known of leaves nothing of it with the survivor either', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    const late = await answer(a, s, ['a1'])
    const link = await merge(a, c)
    await apply(db(), late)
    expect(await shown(c)).toEqual(['a1'])
    await unmerge(link)
    expect([await shown(a), await shown(c)]).toEqual([['a1'], []])
    expect([await knownSources(a), await knownSources(c)]).toEqual([[s], []])
  })

  test('reaches the survivor through every merge since', async () => {
    const s = newSource()
    const [a, b, c] = await meetAll(3)
    const late = await answer(a, s, ['a1'])
    const [first, second] = [await merge(a, b), await merge(b, c)]
    await apply(db(), late)
    expect(await shown(c)).toEqual(['a1'])
    await unmerge(second)
    expect([await shown(b), await shown(c)]).toEqual([['a1'], []])
    await unmerge(first)
    expect([await shown(a), await shown(b)]).toEqual([['a1'], []])
  })

  test.each(['from', 'into'] as const)(
    'about %s withdraws nothing of the other, and leaves the source to be asked again',
    async (half) => {
      const s = newSource()
      const [a, c] = await meetAll(2)
      await say(a, s, ['a1'])
      await say(c, s, ['c1'])
      const late = await answer(half === 'from' ? a : c, s, [`${half}-new`])
      await merge(a, c)
      await apply(db(), late)
      expect(await shown(c)).toEqual(half === 'from' ? ['c1', 'from-new'] : ['a1', 'into-new'])
      expect(await sourceOf(c, s)).toMatchObject({ stale: true })
      await say(c, s, ['c1'])
      expect(await shown(c)).toEqual(['c1'])
      expect(await sourceOf(c, s)).toMatchObject({ stale: false })
    }
  )

  test('is not taken for withdrawn by what was said later, of the other', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    const late = await answer(a, s, ['a1'])
    await say(c, s, ['c1'])
    await merge(a, c)
    await apply(db(), late)
    expect(await shown(c)).toEqual(['a1', 'c1'])
  })

  test('of the survivor’s own is not taken for withdrawn by what was known of the other', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    const late = await answer(c, s, ['c1'])
    await say(a, s, ['a1'])
    await merge(a, c)
    await apply(db(), late)
    expect(await shown(c)).toEqual(['a1', 'c1'])
  })
})

describe('what the survivor is asked about', () => {
  test('stays theirs when the merge is undone, and withdraws what it names no more of either', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await say(a, s, ['a1', 'a2'])
    await say(c, s, ['c1'])
    const link = await merge(a, c)
    await say(c, s, ['a1', 'c1', 'c2'])
    expect(await shown(c)).toEqual(['a1', 'c1', 'c2'])
    await unmerge(link)
    expect([await shown(a), await shown(c)]).toEqual([['a1'], ['c1', 'c2']])
    for (const id of [a, c]) expect(await sourceOf(id, s)).toMatchObject({ stale: true })
    await say(a, s, ['a1', 'a2'])
    expect(await shown(a)).toEqual(['a1', 'a2'])
  })

  test('of a source of their own is no source of the other’s', async () => {
    const [ofA, ofC] = [newSource(), newSource()]
    const [a, c] = await meetAll(2)
    await say(a, ofA, ['a1'])
    const link = await merge(a, c)
    await say(c, ofC, ['c1'])
    await unmerge(link)
    expect([await knownSources(a), await knownSources(c)]).toEqual([[ofA], [ofC]])
  })
})

describe('a refusal', () => {
  const refuse = async (id: string, s: string) => end(await request(id, s), id, s, 'refused-by-consent')

  test.each([
    ['of the one who comes', true, false],
    ['of the one who stays', false, true],
    ['of one of whom there is nothing else', true, false, []]
  ] as const)(
    '%s holds after a merge',
    async (_case, fromRefuses, intoRefuses, said: readonly string[] = ['i']) => {
      const s = newSource()
      const [a, c] = await meetAll(2)
      if (said.length > 0) {
        await say(a, s, ['a1'])
        await say(c, s, ['c1'])
      }
      if (fromRefuses) await refuse(a, s)
      if (intoRefuses) await refuse(c, s)
      await merge(a, c)
      expect(await sourceOf(c, s)).toMatchObject({
        consentRefused: true,
        stale: true,
        lastPull: { outcome: 'refused-by-consent' }
      })
    }
  )

  test('that comes after two merges reaches the survivor', async () => {
    const s = newSource()
    const [a, b, c] = await meetAll(3)
    const pull = await request(a, s)
    await claimPull(db(), pull, 10_000)
    await merge(a, b)
    await merge(b, c)
    await end(pull, a, s, 'refused-by-consent')
    expect(await sourceOf(c, s)).toMatchObject({ consentRefused: true })
    expect(await sourceOf(c, s)).not.toHaveProperty('pendingSince')
  })

  test('is not lifted by an answer about the other half, but by one about the whole', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await refuse(a, s)
    const pull = await request(c, s)
    await claimPull(db(), pull, 10_000)
    await merge(a, c)
    await end(pull, c, s, 'applied')
    expect(await sourceOf(c, s)).toMatchObject({ consentRefused: true })
    const again = await request(c, s)
    await claimPull(db(), again, 10_000)
    await end(again, c, s, 'applied')
    expect(await sourceOf(c, s)).toMatchObject({ consentRefused: false })
  })
})

describe('a pull', () => {
  test('of the one who comes is the survivor’s, asked about the survivor, through two merges', async () => {
    const s = newSource()
    const [a, b, c] = await meetAll(3)
    const pull = await request(a, s)
    const [first, second] = [await merge(a, b), await merge(b, c)]
    expect(await sourceOf(c, s)).toMatchObject({ pendingSince: expect.any(Number) })
    expect(await request(c, s)).toBe(pull)
    expect(await request(a, s)).toBe(pull)
    await unmerge(second)
    await unmerge(first)
    expect(await sourceOf(a, s)).toMatchObject({ pendingSince: expect.any(Number) })
    expect(await knownSources(c)).toEqual([])
    await merge(a, c)
    expect(await claimPull(db(), pull, 10_000)).toMatchObject({ patientId: c })
  })

  test('is one where both had one', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    const [ofA, ofC] = [await request(a, s), await request(c, s)]
    await merge(a, c)
    expect(await request(c, s)).toBe(ofC)
    expect(await db().query('select state, detail from pull where id = $1', [ofA])).toEqual([
      { state: 'done', detail: 'identity-changed' }
    ])
  })
})

describe('the history of an item', () => {
  const historyOf = async (id: string, s: string, name: string) =>
    (await readEntryHistory(db(), id, persons.itemId(s, name), 'system')).map(({ entry }) => {
      if (entry && !entry.body.includes(`"Patient/${id}"`)) throw new Error('It is about somebody else')
      return entry && (JSON.parse(entry.body) as { code: { text: string } }).code.text
    })
  const indexed = async (id: string) =>
    new Set((await readEveryIndex(db(), id, 'system')).map(({ key }) => key.split('/')[1]))

  test('goes on across merges, newest first, as about the survivor', async () => {
    const s = newSource()
    const [a, b, c] = await meetAll(3)
    await say(a, s, ['x'], { texts: { x: 'one' } })
    await say(a, s, ['x'], { texts: { x: 'two' } })
    await merge(a, b)
    await merge(b, c)
    await say(c, s, ['x'], { texts: { x: 'three' } })
    await say(c, s, [])
    expect(await historyOf(c, s, 'x')).toEqual([undefined, 'three', 'two', 'two', 'two', 'one'])
    expect(await indexed(c)).toContain(persons.itemId(s, 'x'))
  })

  test('is the parted person’s alone after the merge is undone, and tells of no withdrawal', async () => {
    const s = newSource()
    const [a, c] = await meetAll(2)
    await say(a, s, ['x'])
    await say(c, s, ['z'])
    const link = await merge(a, c)
    await unmerge(link)
    expect(await historyOf(a, s, 'x')).toEqual(['x', 'x'])
    expect(await historyOf(c, s, 'x')).toEqual([])
    expect(await historyOf(c, s, 'z')).toEqual(['z'])
    expect(await indexed(c)).not.toContain(persons.itemId(s, 'x'))
  })
})

describe('numbers', () => {
  test('are after a merge undone just what they were', async () => {
    const [n0, n1] = [next(), next()]
    const a = await trace({ asked: n0, current: n1 })
    const c = await meet()
    const before = await stateOf(c)
    const link = await merge(a, c)
    expect(await stateOf(c)).toMatchObject({ nhsNumber: before?.nhsNumber, oldNhsNumbers: [n0, n1].sort() })
    await unmerge(link)
    expect(await stateOf(a)).toMatchObject({ nhsNumber: n1, oldNhsNumbers: [n0] })
    expect(await stateOf(c)).toMatchObject({ nhsNumber: before?.nhsNumber, oldNhsNumbers: [] })
  })

  test('of the one who is parted are not shown with the survivor any more', async () => {
    const [old, current] = [next(), next()]
    const a = await trace({ asked: old })
    const c = await trace({ asked: current })
    await trace({ asked: old, current })
    const patientOf = async (id: string) => {
      const view = await readView(db(), id, (await stateOf(id))?.version ?? 0, 'system')
      return view.find(({ resourceId }) => resourceId === id)?.body
    }
    expect(await patientOf(c)).toContain(old)
    const [link] = await db().query<{ id: string }>(
      'select id from identity_link where from_patient_id = $1',
      [a]
    )
    await unmerge(link?.id as string)
    expect(await patientOf(c)).not.toContain(old)
  })
})

describe('a supersession that PDS takes back', () => {
  async function superseded() {
    const [old, current] = [next(), next()]
    const a = await trace({ asked: old })
    const c = await trace({ asked: current })
    await trace({ asked: old, current })
    return { old, current, a, c }
  }
  const other: Partial<Patient> = { birthDate: '1999-01-01', name: [{ use: 'usual', family: 'Zyxcanary' }] }
  const reviewsOf = (id: string) =>
    db().query('select reason from identity_review where patient_id = $1', [id])

  test('changes nothing that is shown, and opens a review, once', async () => {
    const { old, current, c } = await superseded()
    const before = [await stateOf(c), await findDemographics(db(), c)]
    for (let again = 0; again < 2; again++)
      expect(await trace({ asked: old, patient: pdsPatient(old, other) })).toBe(c)
    expect([await stateOf(c), await findDemographics(db(), c)]).toEqual(before)
    expect(await stateOf(c)).toMatchObject({ nhsNumber: current, oldNhsNumbers: [old] })
    expect(await reviewsOf(c)).toEqual([{ reason: 'pds-supersession-reversed' }])
  })

  test('nor does one the other way round', async () => {
    const { old, current, c } = await superseded()
    const before = await stateOf(c)
    expect(await trace({ asked: current, current: old, patient: pdsPatient(old, other) })).toBe(c)
    expect(await stateOf(c)).toEqual(before)
    expect(await reviewsOf(c)).toHaveLength(1)
  })

  test('joins nobody else to the person, and keeps somebody new closed', async () => {
    const { old, c } = await superseded()
    const [known, unknown] = [next(), next()]
    const d = await trace({ asked: known })
    expect(await trace({ asked: known, current: old })).toBe(d)
    const e = await trace({ asked: unknown, current: old })
    expect([c, d]).not.toContain(e)
    expect(await stateOf(e)).toMatchObject({ patientId: e, nhsNumber: undefined, trace: undefined })
    expect(await trace({ asked: unknown, current: old })).toBe(e)
  })

  test('closes the record when PDS has restricted the number', async () => {
    const { old, current, c } = await superseded()
    await trace({ asked: old, status: 'restricted' })
    expect(await stateOf(c)).toMatchObject({ nhsNumber: current, trace: { status: 'restricted' } })
  })
})

test('a superseded number that two trace at once joins its persons once', async () => {
  const [old, current] = [next(), next()]
  const [a, c] = [await trace({ asked: old }), await trace({ asked: current })]
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
  const { promise: hasMerged, resolve: merged } = Promise.withResolvers<void>()
  const asked = { asked: old, current, status: 'unrestricted', patient: pdsPatient(current) } as const
  const first = db().transaction(async (sql) => {
    const id = await saveTrace(sql, { ...asked, tracedAt: Date.now() }, systemIds)
    merged()
    await mayCommit
    return id
  })
  await hasMerged
  const second = trace({ asked: old, current, tracedAt: Date.now() })
  await new Promise((resolve) => setTimeout(resolve, 200))
  commit()
  expect(await Promise.all([first, second])).toEqual([c, c])
  expect(await db().query('select 1 from identity_link where from_patient_id = $1', [a])).toHaveLength(1)
})

test('every merge undone runs the same statements', async () => {
  const texts = async () => {
    const seen = new Set<string>()
    const [a, c] = await meetAll(2)
    const link = await merge(a, c)
    await db().transaction(async (sql) => {
      const recording: typeof sql = {
        query: (text, values) => {
          seen.add(text)
          return sql.query(text, values)
        }
      }
      await unmergePersons(recording, link, 'test', systemIds)
    })
    return [...seen].sort()
  }
  expect(await texts()).toEqual(await texts())
})
