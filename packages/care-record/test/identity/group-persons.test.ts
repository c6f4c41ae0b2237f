import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupPersons, type PersonEdge } from '../../src/index.ts'

const nodes = (ids: string, traced = '') =>
  [...ids].map((id) => ({ id, isTraced: traced.includes(id), isKnown: id !== 'x' }))
const merge = (from: string, into: string): PersonEdge => ({ from, into, isMerge: true })
const link = (from: string, into: string): PersonEdge => ({ from, into, isMerge: false })
const standIns = (...args: Parameters<typeof groupPersons>) =>
  Object.fromEntries(groupPersons(...args).representatives)

describe('who stands for a group', () => {
  test('is each for themselves, where nothing is said', () => {
    expect(standIns(nodes('ab'), [])).toEqual({ a: 'a', b: 'b' })
  })

  test('is the one whose number is still used', () => {
    expect(standIns(nodes('abc'), [merge('a', 'b'), merge('b', 'c')])).toEqual({ a: 'c', b: 'c', c: 'c' })
  })

  test('is one of whom something was said, where there is one', () => {
    expect(standIns(nodes('xyz'), [link('x', 'y'), link('y', 'z')])).toEqual({ x: 'y', y: 'y', z: 'y' })
  })

  test('is whom PDS knows, whichever number is still used', () => {
    expect(standIns(nodes('abp', 'p'), [link('a', 'p'), merge('a', 'b')])).toEqual({ a: 'p', b: 'p', p: 'p' })
  })

  test('is one of them, where merges go in a circle', () => {
    expect(standIns(nodes('abc'), [merge('a', 'b'), merge('b', 'c'), merge('c', 'a')])).toEqual({
      a: 'a',
      b: 'a',
      c: 'a'
    })
  })
})

test('two whom PDS knows are never one: what says so joins nobody, and is told', () => {
  const edges = [link('a', 'p'), link('b', 'q'), merge('a', 'b')]
  const { representatives, conflicts } = groupPersons(nodes('abpq', 'pq'), edges)
  expect(Object.fromEntries(representatives)).toEqual({ a: 'p', p: 'p', b: 'q', q: 'q' })
  expect(conflicts).toEqual([merge('a', 'b')])
})

test('nobody is one with whom they are not by what PDS knows, nor takes others with them', () => {
  const sister = { id: 'z', isTraced: false, isKnown: true, isNot: new Set(['p']) }
  const edges = [link('a', 'p'), link('b', 'z'), merge('z', 'a'), link('b', 'q')]
  const { representatives, conflicts } = groupPersons([...nodes('abpq', 'pq'), sister], edges)
  expect(Object.fromEntries(representatives)).toEqual({ a: 'p', p: 'p', b: 'q', z: 'q', q: 'q' })
  expect(conflicts).toEqual([merge('z', 'a')])
})

test('whatever is said, nobody stands for two whom PDS knows, and everybody in a group has the same stand-in', () => {
  const ids = [...'abcdefgh']
  const edge = fc.record({
    from: fc.constantFrom(...ids),
    into: fc.constantFrom(...ids),
    isMerge: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 20 }), fc.subarray(ids), (edges, traced) => {
      const { representatives } = groupPersons(
        ids.map((id) => ({ id, isTraced: traced.includes(id), isKnown: true })),
        edges
      )
      for (const id of ids) {
        const standIn = representatives.get(id) as string
        expect(representatives.get(standIn)).toBe(standIn)
        if (traced.includes(id)) expect(standIn).toBe(id)
      }
    }),
    { numRuns: 500 }
  )
})
