import { claimPull } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { createPersons } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { end, knownSources, meetAll, merge, newSource, request, say, sourceOf, unmerge } = createPersons(db)

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
