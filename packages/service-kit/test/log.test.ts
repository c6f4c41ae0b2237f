import { OutcomeError } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { createLogger, type Logger } from '../src/index.ts'

const canary = { nhsNumber: '9990000018', family: 'Zyxcanary', url: '/fhir/R4/Patient?family=Zyxcanary' }

/** What a log call writes. */
function written(call: (log: Logger) => void): {
  readonly text: string
  readonly line: Record<string, unknown>
} {
  const lines: string[] = []
  call(createLogger('test', 'trace', { write: (line) => void lines.push(line) }))
  const text = lines.join('')
  expect(lines).toHaveLength(1)
  return { text, line: JSON.parse(text) }
}

function expectNobodyIn(text: string): void {
  for (const value of Object.values(canary)) expect(text).not.toContain(value)
}

/** As a database or a client library throws it. */
const foreignError = (message = `Key (nhs_number)=(${canary.nhsNumber}) already exists: ${canary.family}`) =>
  Object.assign(new TypeError(message), {
    code: '23505',
    detail: `Key (family)=(${canary.family})`,
    body: JSON.stringify(canary),
    query: `select '${canary.nhsNumber}'`,
    parameters: [canary.nhsNumber],
    address: canary.url
  })

test('a line names the service, the level and the time', () => {
  const { line } = written((log) => log.info({ count: 2 }, 'swept'))
  expect(line).toMatchObject({ service: 'test', level: 'info', count: 2, msg: 'swept' })
  expect(Date.parse(line['time'] as string)).not.toBeNaN()
})

test('a request is logged as its method and route, whatever else it carries', () => {
  const { text, line } = written((log) =>
    log.info(
      {
        req: {
          ...canary,
          id: 'a',
          method: 'GET',
          routeOptions: { url: '/fhir/R4/Patient/:id' },
          headers: { authorization: 'Bearer hunter2' },
          query: { family: canary.family },
          params: { id: canary.nhsNumber },
          body: canary
        },
        res: { statusCode: 404, headers: { link: canary.url }, payload: canary }
      },
      'request'
    )
  )
  expectNobodyIn(text)
  expect(text).not.toContain('hunter2')
  expect(line).toMatchObject({
    req: { method: 'GET', route: '/fhir/R4/Patient/:id' },
    res: { statusCode: 404 }
  })
})

test('a request without a route is logged without its address', () => {
  const { text, line } = written((log) => log.info({ req: { ...canary, method: 'GET' } }, 'request'))
  expectNobodyIn(text)
  expect(line['req']).toEqual({ method: 'GET', route: '(no route)' })
})

describe('of a foreign error', () => {
  test('stay its class, its code and the frames of its stack', () => {
    const { line } = written((log) => log.error({ err: foreignError() }, 'failed'))
    expect(line['err']).toEqual({
      type: 'TypeError',
      code: '23505',
      stack: expect.stringMatching(/^\s+at .*log\.test\.ts/)
    })
  })

  test.each<[string, (log: Logger) => void]>([
    ['a message beside it', (log) => log.error({ err: foreignError() }, 'failed')],
    ['no message', (log) => log.error({ err: foreignError() })],
    ['nothing else', (log) => log.error(foreignError())],
    ['a message after it', (log) => log.error(foreignError(), 'failed')],
    [
      'a message of lines that look like frames',
      (log) => log.error({ err: foreignError(`no\n    at ${canary.family} (${canary.nhsNumber})`) }, 'failed')
    ],
    ['a cause', (log) => log.error({ err: new Error('outer', { cause: foreignError() }) }, 'failed')],
    [
      'a cause of one of ours',
      (log) => log.error({ err: new OutcomeError('conflict', 'Known', { cause: foreignError() }) }, 'failed')
    ],
    ['a child logger', (log) => log.child({ reqId: 'a' }).error({ err: foreignError() })],
    [
      'other errors in it',
      (log) => log.error({ err: new AggregateError([foreignError()], canary.family) }, 'failed')
    ],
    ['a code that is none', (log) => log.error({ err: { ...foreignError(), code: canary.url } }, 'failed')],
    ['only text', (log) => log.error({ err: canary.family }, 'failed')]
  ])('nothing else is logged with %s', (_case, call) => {
    const { text, line } = written(call)
    expectNobodyIn(text)
    expect(line).toMatchObject({ level: 'error', msg: expect.any(String) })
  })

  test('causes that go round in a circle come to an end', () => {
    const error = new Error('a')
    error.cause = error
    expect(written((log) => log.error({ err: error }, 'failed')).line).toHaveProperty('err.cause.cause')
  })
})

test.each<[string, (log: Logger) => void]>([
  ['alone', (log) => log.warn(`Reply was already sent in the "${canary.url}" (GET) route`)],
  [
    'beside facts',
    (log) => log.warn({ count: 1 }, `Reply was already sent in the "${canary.url}" (GET) route`)
  ]
])('an address in the message of a library is left out, %s', (_case, call) => {
  const { line } = written(call)
  expect(line['msg']).toBe('Reply was already sent in the (address) (GET) route')
})

test.each(['http://127.0.0.1:3000', 'http://[::1]:3000'])('where a server listens is told: %s', (address) => {
  expect(written((log) => log.info(`Server listening at ${address}`)).line['msg']).toBe(
    `Server listening at ${address}`
  )
})

test('our own errors keep their words, which are constant phrases', () => {
  const { line } = written((log) =>
    log.error({ err: new OutcomeError('unavailable', 'The access could not be audited') }, 'failed')
  )
  expect(line['err']).toMatchObject({ kind: 'unavailable', message: 'The access could not be audited' })
})

test('a fact whose name nobody has thought of is not logged', () => {
  const { text, line } = written((log) => log.info({ ...canary, error: foreignError(), count: 3 }, 'swept'))
  expectNobodyIn(text)
  expect(line).toMatchObject({ count: 3, nhsNumber: '(not logged)' })
})
