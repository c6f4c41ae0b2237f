import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openService } from './support.ts'

const response = (more: object = {}): string =>
  JSON.stringify({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    subject: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9449305552' } },
    item: [
      { linkId: '1', text: 'My wellness', answer: [{ valueString: 'Well' }] },
      { linkId: '2', text: 'Please do and please don’t', answer: [{ valueString: 'Knock' }] }
    ],
    ...more
  })
const deep = (opening: string, closing: string): string => opening.repeat(8_000) + closing.repeat(8_000)

test.each(['application/fhir+json', 'application/json', 'application/fhir+json; charset=utf-8'])(
  'a form is kept as it came before it is answered: %s',
  async (type) => {
    const { form, taken, outcomes } = openService()
    const answer = await form(response(), { type })
    expect([answer.statusCode, answer.json()]).toEqual([202, { id: taken[0]?.id }])
    expect(taken).toMatchObject([{ sourceId: 'council-forms', interface: 'social-care-prsb' }])
    expect(taken[0]?.event).toBe('about-me')
    expect(gunzipSync(taken[0]?.body ?? Buffer.of()).toString('utf8')).toBe(response())
    expect(outcomes).toEqual(['council-forms new'])
  }
)

test('the same form again is accepted under the same id, and taken once', async () => {
  const { form, taken } = openService()
  const ids = [await form(response()), await form(response())].map((answer) => answer.json().id)
  expect(new Set(ids).size).toBe(1)
  expect(taken).toHaveLength(1)
})

test.each<[string, string, string]>([
  ['a Questionnaire', '{"resourceType":"Questionnaire"}', 'Send a QuestionnaireResponse'],
  ['a definition of a standard', '{"dataset":[{"concept":[]}]}', 'A definition of a standard'],
  ['a Patient alone', '{"resourceType":"Patient"}', 'no QuestionnaireResponse'],
  ['a form that nobody filled in', response({ item: [] }), 'nothing is answered'],
  ['JSON that is no FHIR', '[1]', 'Neither a FHIR R4 resource'],
  ['null', 'null', 'Neither a FHIR R4 resource'],
  [
    'questions too deep',
    `{"resourceType":"QuestionnaireResponse","item":[${deep('{"item":[', ']}').replace('[]', '[{}]')}]}`,
    'more than 50 deep'
  ]
])('%s is told what it is, and not kept', async (_, body, words) => {
  const { form, taken, outcomes } = openService()
  const answer = await form(body)
  expect(answer.statusCode).toBe(422)
  expect(answer.json().issue).toMatchObject([
    { code: 'processing', diagnostics: expect.stringContaining(words) }
  ])
  expect(taken).toEqual([])
  expect(outcomes).toEqual(['council-forms refused'])
})

test.each([
  { case: 'no token', status: 401, options: { token: '' } },
  { case: 'a sender that is not in the catalogue', status: 403, options: { token: 'E11' } },
  { case: 'XML', status: 415, options: { type: 'application/fhir+xml' } },
  { case: 'what is no JSON', status: 400, body: '{"resourceType":' },
  { case: 'nothing', status: 400, body: '' },
  { case: 'what is not UTF-8', status: 400, body: Buffer.from(response({ id: 'é' }), 'latin1') },
  { case: 'UTF-16', status: 400, body: Buffer.from(`\uFEFF${response()}`, 'utf16le') },
  { case: 'JSON that never closes', status: 400, body: '['.repeat(90_000) },
  { case: 'more than a form may be', status: 413, body: response({ id: 'x'.repeat(100_000) }) }
])('$case is answered with $status, and nothing is kept', async ({ status, body, options = {} }) => {
  const { form, taken } = openService()
  const answer = await form(body ?? response(), options)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(taken).toEqual([])
})

test.each<[string, string]>([
  ['a number that JSON cannot hold', response().replace('"status"', '"n":1e999999,"status"')],
  ['a number of many digits', response().replace('"status"', `"n":${'9'.repeat(50_000)},"status"`)],
  ['names of prototypes', response().replace('"status"', '"__proto__":{"x":1},"constructor":{},"status"')],
  ['lists in lists beside the answers', response().replace('"status"', `"x":${deep('[', ']')},"status"`)]
])('hostile JSON harms nobody: %s', async (_, body) => {
  const { form } = openService()
  expect((await form(body)).statusCode).toBe(202)
  expect({}).not.toHaveProperty('x')
})

test('what cannot be kept just now may be sent again', async () => {
  const { form, state } = openService()
  state.isUp = false
  expect((await form(response())).statusCode).toBe(503)
  state.isUp = true
  expect((await form(response())).statusCode).toBe(202)
})
