import { findNhsNumber, findOdsCode } from '@chesil/fhir'
import { integer, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPeople, createPractices, personKinds } from '../src/index.ts'
import { holds } from './holds.ts'

const practices = createPractices(5)

describe('people', () => {
  test('are the same for the same seed and others for another', () => {
    const make = (seed: string) => createPeople({ seed, count: 20, practices })
    expect(make('one')).toEqual(make('one'))
    expect(make('one')).not.toEqual(make('two'))
  })

  test('begin with one of each kind, however few ordinary ones follow', () => {
    const kinds = createPeople({ seed: 'a', count: 1, practices }).map(({ kind }) => kind)
    expect(kinds).toEqual([...personKinds.filter((kind) => kind !== 'ordinary'), 'ordinary'])
  })

  test('do not change when more are asked for', () => {
    const few = createPeople({ seed: 'a', count: 3, practices })
    expect(createPeople({ seed: 'a', count: 30, practices }).slice(0, few.length)).toEqual(few)
  })

  test('have valid NHS numbers of the test range, each its own', () => {
    holds(
      property(string(), integer({ min: 0, max: 60 }), (seed, count) => {
        const people = createPeople({ seed, count, practices })
        const numbers = people.flatMap(({ nhsNumber, formerNhsNumbers }) => [nhsNumber, ...formerNhsNumbers])
        expect(numbers.filter((number) => findNhsNumber(number) !== number)).toEqual([])
        expect(numbers.filter((number) => !number.startsWith('999'))).toEqual([])
        expect(new Set(numbers).size).toBe(numbers.length)
      })
    )
  })

  test('live at postcodes that are shaped like postcodes, and are reached by numbers kept for drama', () => {
    for (const { address, telephone } of createPeople({ seed: 'a', count: 200, practices })) {
      expect(address?.postalCode).toMatch(/^DT2\d \d[ABDEFGHJLNP-UW-Z]{2}$/)
      expect(telephone).toMatch(/^(07700 900\d{3}|01632 960\d{3})$/)
    }
  })

  const particular = new Map(
    createPeople({ seed: 'demo', count: 0, practices }).map((person) => [person.kind, person])
  )

  test('that were superseded have a former number', () => {
    expect(particular.get('superseded')?.formerNhsNumbers).toHaveLength(1)
  })

  test('of the session practice are registered there, and no others are', () => {
    const session = practices.find(({ retention }) => retention === 'session')?.odsCode
    expect(particular.get('session-practice')?.practice).toBe(session)
    const people = createPeople({ seed: 'demo', count: 50, practices })
    expect(people.filter(({ practice }) => practice === session)).toHaveLength(1)
  })

  test('that moved have a former practice, which is another one', () => {
    const moved = particular.get('moved-practice')
    expect(moved?.formerPractice).toBeDefined()
    expect(moved?.formerPractice).not.toBe(moved?.practice)
  })

  test('need a practice of both sorts', () => {
    const storing = practices.filter(({ retention }) => retention === 'store')
    expect(() => createPeople({ seed: 'a', count: 0, practices: storing })).toThrow(RangeError)
  })
})

describe('practices', () => {
  test.each([2, 85, 153])('are %d of different codes, names and ASIDs', (count) => {
    const made = createPractices(count)
    for (const key of ['odsCode', 'name', 'asid'] as const) {
      expect(new Set(made.map((practice) => practice[key])).size).toBe(count)
    }
    expect(made.every(({ odsCode }) => findOdsCode(odsCode) === odsCode)).toBe(true)
  })

  test('keep what they are when there are more of them', () => {
    expect(createPractices(153).slice(0, 3)).toEqual(createPractices(3))
  })

  test.each([1, 154, 2.5])('are not made %d at a time', (count) => {
    expect(() => createPractices(count)).toThrow(RangeError)
  })
})
