import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const said: Said = { name: 'secret-of-another', content: { code: { text: 'secret-of-another' } } }
let api: Api
let other: Person
beforeAll(async () => {
  api = openApi({ database: database(), pds })
  other = await people.meet()
  await people.say(other, [said])
})
afterAll(() => api?.close())

/** What somebody might send in place of a value: pieces that mean something to a parser, and anything at all. */
const nasty = fc.oneof(
  fc.constantFrom(
    ...[
      "'",
      '"',
      '\\',
      '%',
      '%00',
      '\0',
      '|',
      ',',
      '$',
      '..',
      '../..',
      '{}',
      '[]',
      '__proto__',
      'constructor'
    ],
    ...['NaN', '-1', '1e9', '9'.repeat(40), 'ge', 'lt9999', '2026-02-30', '\ud800', '‮', "' or 1=1 --"]
  ),
  fc.string({ unit: 'binary', maxLength: 60 })
)
const value = fc.array(nasty, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
const name = fc.oneof(
  fc.constantFrom(
    'identifier',
    'family',
    'birthdate',
    'given',
    'gender',
    'patient',
    'subject',
    '_id',
    'code',
    'date'
  ),
  fc.constantFrom(
    'status',
    'category',
    '_sort',
    '_count',
    '_lastUpdated',
    '_cursor',
    '_since',
    '_type',
    '_format'
  ),
  fc.constantFrom(
    'code:not',
    'code:missing',
    'code:in',
    '_has:Observation:patient:code',
    'patient.identifier'
  ),
  value
)
const queryOf = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map((pair) => pair.map((text) => encodeURIComponent(text.toWellFormed())).join('=')).join('&')
const query = fc.array(fc.tuple(name, value), { maxLength: 5 }).map(queryOf)

const answered = [200, 400, 403, 404, 405, 406, 410, 413, 414, 431, 503]

async function isSafe(path: string, headers: Record<string, string> = {}): Promise<void> {
  const answer = await api.ask(path, { headers })
  expect(answered, `${answer.status} for ${path}`).toContain(answer.status)
  expect(answer.body?.resourceType ?? 'none').toMatch(/^(Bundle|OperationOutcome)$/)
  expect(answer.text).not.toContain(keyOf(said))
  expect(answer.text).not.toMatch(new RegExp(`${said.name}|${other.id}|${other.nhsNumber}`))
  expect(answer.text).not.toMatch(/syntax error|invalid input|node_modules|at .*\.ts:/)
}

describe('whatever is asked, the answer is a Bundle or an OperationOutcome, of nobody else and of no insides:', () => {
  const somebody = async () => (await people.meet()).id

  test('any search of a type', async () => {
    const id = await somebody()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Observation', 'Condition', 'Patient', 'Medication'),
        query,
        (type, asked) => isSafe(`${type}?patient=${id}&${asked}`)
      ),
      { numRuns: 300 }
    )
  })

  test('any search for a person', async () => {
    await fc.assert(
      fc.asyncProperty(query, (asked) => isSafe(`Patient?${asked}`)),
      { numRuns: 200 }
    )
  })

  test('any part of a record', async () => {
    const id = await somebody()
    await fc.assert(
      fc.asyncProperty(query, (asked) => isSafe(`Patient/${id}/$everything?${asked}`)),
      { numRuns: 200 }
    )
  })

  test('any path', async () => {
    const segment = fc.oneof(
      value,
      fc.constantFrom('Patient', 'Observation', '$everything', '_history', '.', '..')
    )
    const path = fc
      .array(segment, { minLength: 1, maxLength: 5 })
      .map((parts) => parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/'))
    await fc.assert(
      fc.asyncProperty(path, (asked) => isSafe(asked)),
      { numRuns: 200 }
    )
  })

  test('any header', async () => {
    const id = await somebody()
    const plain = fc.string({ unit: 'grapheme-ascii', maxLength: 200 })
    const header = fc.constantFrom(
      'prefer',
      'accept',
      'if-none-match',
      'accept-encoding',
      'x-request-id',
      'range'
    )
    await fc.assert(
      fc.asyncProperty(header, plain, (key, text) => isSafe(`Patient/${id}/$everything`, { [key]: text })),
      { numRuns: 200 }
    )
  })
})

test('nothing of what was asked stands in a log', () => {
  const logged = api.logged()
  expect(logged).not.toMatch(/or 1=1|__proto__|secret-of-another/)
  expect(logged).not.toContain(other.nhsNumber)
  expect(logged).not.toContain(canary.family)
})
