import type { Patient } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { answerToMatches, answerToTrace, confidentialityOf } from '../src/pds/answer.ts'

const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const spine = 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode'
const number = '9000000009'

const patient = (changes: object = {}) => ({
  resourceType: 'Patient',
  id: number,
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: number }],
  meta: { security: [{ system, code: 'U' }] },
  ...changes
})
const answer = (status: number, body: unknown) => ({
  status,
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
})
const outcome = (code: string, of = spine) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'processing', details: { coding: [{ system: of, code }] } }]
})
const searchset = (...entry: unknown[]) => ({ resourceType: 'Bundle', type: 'searchset', entry })

test.each([
  { labels: ['U'], expected: 'unrestricted' },
  { labels: ['R'], expected: 'restricted' },
  { labels: ['V'], expected: 'very-restricted' },
  { labels: ['REDACTED'], expected: 'redacted' },
  { labels: ['U', 'R'], expected: 'restricted' },
  { labels: ['R', 'U'], expected: 'restricted' },
  { labels: ['V', 'R', 'U'], expected: 'very-restricted' },
  { labels: ['REDACTED', 'U'], expected: 'redacted' },
  { labels: ['N'], expected: 'very-restricted' },
  { labels: ['u'], expected: 'very-restricted' },
  { labels: [''], expected: 'very-restricted' },
  { labels: ['U', 'X'], expected: 'very-restricted' },
  { labels: ['constructor'], expected: 'very-restricted' },
  { labels: [undefined], expected: 'very-restricted' },
  { labels: [], expected: 'very-restricted' }
])('a person labelled $labels is $expected', ({ labels, expected }) => {
  const security = labels.map((code) => ({ system, code }))
  expect(confidentialityOf(patient({ meta: { security } }) as Patient)).toBe(expected)
})

test.each<[string, object]>([
  ['no meta', { meta: undefined }],
  ['no labels', { meta: {} }],
  ['labels that are an object', { meta: { security: { system, code: 'U' } } }],
  [
    'a label of another system only',
    { meta: { security: [{ system: 'https://other.example', code: 'U' }] } }
  ],
  ['a label without a system', { meta: { security: [{ code: 'U' }] } }],
  ['a label that is null', { meta: { security: [null] } }]
])('a person with %s is very restricted', (_, changes) => {
  expect(confidentialityOf(patient(changes) as Patient)).toBe('very-restricted')
})

test('a person who is found comes with the number in force', () => {
  expect(answerToTrace(answer(200, patient()))).toEqual({
    outcome: 'found',
    patient: patient(),
    nhsNumber: number,
    confidentiality: 'unrestricted'
  })
})

test('a person without identifiers, as when redacted, is known by the id', () => {
  const redacted = { resourceType: 'Patient', id: number, meta: { security: [{ system, code: 'REDACTED' }] } }
  expect(answerToTrace(answer(200, redacted))).toMatchObject({
    outcome: 'found',
    confidentiality: 'redacted'
  })
})

test.each([
  { code: 'RESOURCE_NOT_FOUND', expected: 'not-found' },
  { code: 'INVALIDATED_RESOURCE', expected: 'invalidated' }
])('404 $code is $expected', ({ code, expected }) => {
  expect(answerToTrace(answer(404, outcome(code)))).toEqual({ outcome: expected })
})

test.each<[string, number, unknown, string]>([
  ['a 404 of another kind', 404, outcome('UNSUPPORTED_SERVICE'), 'upstreamUnavailable'],
  [
    'a 404 whose code is of another system',
    404,
    outcome('RESOURCE_NOT_FOUND', 'https://other.example'),
    'upstreamUnavailable'
  ],
  ['a 404 of a proxy', 404, '<html>Not found', 'upstreamUnavailable'],
  ['a 404 with nothing in it', 404, '', 'upstreamUnavailable'],
  ['an invalid id', 400, outcome('INVALID_RESOURCE_ID'), 'upstreamUnavailable'],
  ['a 401', 401, outcome('ACCESS_DENIED'), 'upstreamUnavailable'],
  ['a 403', 403, outcome('ACCESS_DENIED'), 'upstreamUnavailable'],
  ['too many requests', 429, outcome('TOO_MANY_REQUESTS'), 'throttled'],
  ['a 429 of a gateway', 429, '', 'throttled'],
  ['a service that could not be called', 408, outcome('UNABLE_TO_CALL_SERVICE'), 'upstreamTimeout'],
  ['a gateway’s timeout', 504, '', 'upstreamTimeout'],
  ['a failure', 500, '', 'upstreamUnavailable'],
  ['a redirect', 302, '', 'upstreamUnavailable'],
  ['a 204', 204, '', 'upstreamUnavailable'],
  ['HTML', 200, '<html>', 'upstreamUnavailable'],
  ['truncated JSON', 200, '{"resourceType":"Patient","id":"9000000009"', 'upstreamUnavailable'],
  ['text', 200, 'Patient', 'upstreamUnavailable'],
  ['nothing', 200, '', 'upstreamUnavailable'],
  ['null', 200, 'null', 'upstreamUnavailable'],
  ['a list', 200, [patient()], 'upstreamUnavailable'],
  ['another resource', 200, { ...patient(), resourceType: 'Person' }, 'upstreamUnavailable'],
  ['an OperationOutcome that says 200', 200, outcome('RESOURCE_NOT_FOUND'), 'upstreamUnavailable'],
  ['no id', 200, patient({ id: undefined }), 'upstreamUnavailable'],
  ['an id that is a number', 200, patient({ id: 9000000009 }), 'upstreamUnavailable'],
  ['an id that fails its check digit', 200, patient({ id: '9000000008' }), 'upstreamUnavailable'],
  ['an id in groups', 200, patient({ id: '900 000 0009' }), 'upstreamUnavailable'],
  ['an id of ten equal digits', 200, patient({ id: '0000000000' }), 'upstreamUnavailable'],
  [
    'an NHS number that is not the id',
    200,
    patient({ identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9000000017' }] }),
    'upstreamUnavailable'
  ],
  ['identifiers that are an object', 200, patient({ identifier: {} }), 'upstreamUnavailable']
])('a trace answered by %s is refused', (_, status, body, kind) => {
  expect(() => answerToTrace(answer(status, body))).toThrow(expect.objectContaining({ kind }))
})

test('a failure repeats nothing of the answer', () => {
  const body = { ...outcome('ACCESS_DENIED'), text: 'CANARY 9434765919' }
  expect(() => answerToTrace(answer(403, body))).toThrow(
    /^The Personal Demographics Service refused or failed \(403\)$/
  )
})

test('matches come with their score and how far they may be seen', () => {
  const restricted = patient({
    id: '9000000025',
    identifier: [],
    meta: { security: [{ system, code: 'R' }] }
  })
  const bundle = searchset(
    { resource: patient(), search: { score: 1 } },
    { resource: restricted, search: { score: 0.8343 } }
  )
  expect(answerToMatches(answer(200, bundle))).toEqual({
    outcome: 'matches',
    matches: [
      { patient: patient(), nhsNumber: number, score: 1, confidentiality: 'unrestricted' },
      { patient: restricted, nhsNumber: '9000000025', score: 0.8343, confidentiality: 'restricted' }
    ]
  })
})

test.each([
  ['an empty searchset', searchset()],
  ['a searchset without entries', { resourceType: 'Bundle', type: 'searchset', total: 0 }]
])('%s is no match', (_, bundle) => {
  expect(answerToMatches(answer(200, bundle))).toEqual({ outcome: 'matches', matches: [] })
})

test('too many matches are told apart from none', () => {
  expect(answerToMatches(answer(200, outcome('TOO_MANY_MATCHES')))).toEqual({ outcome: 'too-many' })
})

test.each<[string, number, unknown, string]>([
  ['search data that are not valid', 400, outcome('INVALID_SEARCH_DATA'), 'invalid'],
  ['a missing value', 400, outcome('MISSING_VALUE'), 'invalid'],
  ['a 400 of another kind', 400, outcome('UNSUPPORTED_SERVICE'), 'upstreamUnavailable'],
  ['a 404', 404, outcome('RESOURCE_NOT_FOUND'), 'upstreamUnavailable'],
  ['too many requests', 429, '', 'throttled'],
  ['one Patient', 200, patient(), 'upstreamUnavailable'],
  ['entries that are an object', 200, { resourceType: 'Bundle', entry: {} }, 'upstreamUnavailable'],
  ['an entry that is null', 200, searchset(null), 'upstreamUnavailable'],
  ['an entry without a resource', 200, searchset({ search: { score: 1 } }), 'upstreamUnavailable'],
  ['an entry without a score', 200, searchset({ resource: patient() }), 'upstreamUnavailable'],
  [
    'a score beyond one',
    200,
    searchset({ resource: patient(), search: { score: 1.1 } }),
    'upstreamUnavailable'
  ],
  [
    'a score that is text',
    200,
    searchset({ resource: patient(), search: { score: '1' } }),
    'upstreamUnavailable'
  ],
  [
    'one bad match among good ones',
    200,
    searchset(
      { resource: patient(), search: { score: 1 } },
      { resource: patient({ id: 'x' }), search: { score: 1 } }
    ),
    'upstreamUnavailable'
  ]
])('a search answered by %s is refused', (_, status, body, kind) => {
  expect(() => answerToMatches(answer(status, body))).toThrow(expect.objectContaining({ kind }))
})
