import { readEntryHistory, readEveryIndex, systemIds, unmergePersons } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createPersons } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)
const { answer, knownSources, meetAll, merge, newSource, say, shown, sourceOf, unmerge } = persons

const ownerOf = async (sourceId: string, name: string) =>
  (
    await db().query<{ owner: string }>(
      'select patient_id as owner from source_resource_owner where resource_id = $1',
      [persons.itemId(sourceId, name)]
    )
  )[0]?.owner

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

test('an answer about the survivor stays known when they are parted, of a source that only the other had', async () => {
  const [one, other] = await persons.meetAll(2)
  const source = persons.newSource()
  const late = await persons.answer(one, source, ['old'])
  await persons.say(other, source, [])
  const link = await persons.merge(other, one)
  await persons.say(one, source, [])
  await persons.unmerge(link)
  expect(await apply(db(), late)).toEqual(['applied'])
  expect(await persons.shown(one)).toEqual([])
})
