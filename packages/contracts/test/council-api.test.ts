import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Value from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { CouncilAnswer, CouncilQuestion, councilOpenApi } from '../src/index.ts'

const root = path.join(import.meta.dirname, '../../..')
const file = path.join(root, 'openapi/council-api.json')
const howToWrite =
  'openapi/council-api.json is not what the contract says: write it anew with ' +
  'UPDATE_OPENAPI=1 npm test -- packages/contracts/test/council-api'

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

const answer = (changes: object = {}) => ({
  known: true,
  asAt: '2026-11-22T09:30:00Z',
  mode: 'full',
  person: {
    laPersonId: '2004817',
    nhsNumber: '9000000009',
    birthDate: '1948-02-29',
    family: 'Marsh',
    given: ['Alice']
  },
  services: [],
  contacts: [],
  reviews: [],
  warnings: [],
  ...changes
})

test('openapi/council-api.json is what the contract says', () => {
  const text = `${JSON.stringify(councilOpenApi(version), null, 2)}\n`
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(file, text)
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '', howToWrite).toBe(text)
})

test('every reference of the document leads to one of its schemas', () => {
  const text = JSON.stringify(councilOpenApi(version))
  const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name)
  expect(names.sort()).toEqual(['Answer', 'Question'])
  const { components } = councilOpenApi(version) as { components: { schemas: Record<string, object> } }
  expect(Object.keys(components.schemas).sort()).toEqual(names)
})

describe('a question', () => {
  test('has the number in its body, and an instant where only changes are wanted', () => {
    expect(Value.Check(CouncilQuestion, { nhsNumber: '9000000009' })).toBe(true)
    expect(Value.Check(CouncilQuestion, { nhsNumber: '9000000009', since: '2026-11-22T09:30:00Z' })).toBe(
      true
    )
    expect(Value.Check(CouncilQuestion, { nhsNumber: '900 000 0009' })).toBe(false)
    expect(Value.Check(CouncilQuestion, { nhsNumber: '9000000009', since: 'yesterday' })).toBe(false)
  })
})

describe('an answer', () => {
  test('of somebody unknown says that and no more', () => {
    expect(Value.Check(CouncilAnswer, { known: false, asAt: '2026-11-22T09:30:00Z' })).toBe(true)
  })

  test.each([
    ['may hold what nobody knows yet', { weather: 'fair', person: { ...answer().person, shoeSize: 4 } }],
    [
      'may warn in a word of the council’s own',
      { warnings: [{ id: 'w1', category: 'geese', text: 'A flock' }] }
    ],
    ['may take back what it told', { mode: 'changes', removed: [{ kind: 'service', id: 's1' }] }]
  ])('%s', (_case, changes) => {
    expect(Value.Check(CouncilAnswer, answer(changes))).toBe(true)
  })

  test.each([
    ['without whom it is about', { person: undefined }],
    ['with an id that is a sentence', { reviews: [{ id: 'the next one', due: '2027-01-01' }] }],
    ['with a date that is none', { reviews: [{ id: 'r1', due: 'soon' }] }],
    [
      'that is longer than anybody’s',
      { contacts: Array.from({ length: 501 }, (_, at) => ({ id: `c${at}`, name: 'Jo' })) }
    ]
  ])('%s is none', (_case, changes) => {
    expect(Value.Check(CouncilAnswer, answer(changes))).toBe(false)
  })
})
