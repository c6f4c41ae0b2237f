import { expect, test } from 'vitest'
import { createDefinitions } from '../src/definitions.ts'
import { primitiveProblem } from '../src/rules/primitive.ts'
import type { Property } from '../src/type-definition.ts'

const definitions = createDefinitions()

function readProperty(type: string, name: string): Property {
  const property = definitions.findType(type)?.properties.get(name)
  if (!property) throw new Error(`${type} has no property ${name}`)
  return property
}

/** The library sees to days as well, and did not always: the rule holds without it. */
const dated = [
  readProperty('Patient', 'birthDate'),
  readProperty('Observation', 'effectiveDateTime'),
  readProperty('Observation', 'issued'),
  readProperty('Extension', 'valueDate')
]

test.each(['2026-02-29', '2026-02-30', '2026-02-31', '2026-04-31', '1900-02-29', '2026-11-31T10:00:00Z'])(
  'finds no %s on the calendar',
  (text) => {
    for (const property of dated)
      expect(primitiveProblem(text, property)).toBe('Is a day that no calendar has')
  }
)

test.each([
  '2024-02-29',
  '2000-02-29',
  '2026-01-31',
  '2026-04-30',
  '2016-12-31T23:59:60Z',
  '2026-02',
  '2026'
])('finds %s on the calendar', (text) => {
  for (const property of dated) expect(primitiveProblem(text, property)).toBeUndefined()
})

test('does not take for a date what is not one by definition', () => {
  expect(primitiveProblem('2026-02-30', readProperty('Identifier', 'value'))).toBeUndefined()
  expect(primitiveProblem('2026-02-30', readProperty('Observation', 'valueString'))).toBeUndefined()
})
