import { describe, expect, test } from 'vitest'
import { createTurns } from '../src/view/turns.ts'

/** A work that ends when it is told to. */
function openWork(name: string, begun: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const work = () => {
    begun.push(name)
    return promise
  }
  return { work, end: () => resolve(name), fail: () => reject(new Error(name)) }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

describe('turns', () => {
  test('others wait while there is no room, and begin in the order in which they came', async () => {
    const begun: string[] = []
    const inTurn = createTurns((running) => running < 2)
    const works = ['a', 'b', 'c', 'd'].map((name) => openWork(name, begun))
    const ended = works.map(({ work }) => inTurn(work))
    await soon()
    expect(begun).toEqual(['a', 'b'])
    works[1]?.end()
    await soon()
    expect(begun).toEqual(['a', 'b', 'c'])
    for (const { end } of works) end()
    expect(await Promise.all(ended)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('one runs where there is never room', async () => {
    const inTurn = createTurns(() => false)
    expect(await Promise.all([1, 2].map((value) => inTurn(async () => value)))).toEqual([1, 2])
  })

  test('one that fails gives its place to the next', async () => {
    const begun: string[] = []
    const inTurn = createTurns(() => false)
    const [first, second] = ['a', 'b'].map((name) => openWork(name, begun))
    const failed = inTurn(first?.work as () => Promise<string>)
    const next = inTurn(second?.work as () => Promise<string>)
    first?.fail()
    await expect(failed).rejects.toThrow('a')
    second?.end()
    expect(await next).toBe('b')
  })
})
