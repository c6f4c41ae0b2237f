import { type OutcomeKind, outcomes } from '@chesil/fhir'

/** What one operation takes besides its own parameters, and what it answers: parts of `components.json`. */
export interface Answer {
  /** Header parameters. */
  readonly takes: readonly string[]
  readonly description: string
  readonly schema: string
  /** Default FHIR JSON. */
  readonly mediaType?: string
  /** Besides, a file of any type is answered, whole or in part. */
  readonly servesFiles?: true
  /** Header → its component. */
  readonly headers: Readonly<Record<string, string>>
  readonly fails: readonly Failure[]
}

const fhirJson = 'application/fhir+json'
const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
const idHeaders = { 'X-Request-ID': 'RequestId', 'X-Correlation-ID': 'CorrelationId' }
const cached = { 'Cache-Control': 'CacheControl' }
const validated = { ETag: 'ETag', ...cached }
const pointing = { Link: 'Link', 'Chesil-Completeness': 'Completeness' }

/** The failures a reader should foresee. Any other is `default`. */
const failures = {
  invalid: 'What was asked makes no sense: the outcome says why.',
  unauthenticated: 'There is no token, or not a good one.',
  forbidden: 'The token’s role, purpose of use or scopes do not allow it: the outcome says which.',
  notFound: 'Nothing can be shown. Why is not told: it does not mean that there is nothing.',
  notAcceptable: 'Only JSON is available.',
  preconditionFailed: 'It is another wording now than `If-Match` names.',
  rangeNotSatisfiable: 'The file has no such part.',
  gone: 'Withdrawn by its source; or a page of a record that has been merged or parted since: search again.',
  throttled: 'Too many requests.',
  unavailable: 'PDS is needed and away, or the access could not be audited, or we are too busy: try again.'
} as const satisfies Partial<Record<OutcomeKind, string>>
type Failure = keyof typeof failures

const failureHeaders: Readonly<Partial<Record<Failure, Readonly<Record<string, string>>>>> = {
  unauthenticated: { 'WWW-Authenticate': 'Challenge' },
  rangeNotSatisfiable: { 'Content-Range': 'ContentRange' },
  throttled: { 'Retry-After': 'RetryAfter' },
  unavailable: { 'Retry-After': 'RetryAfter' }
}
const always = ['unauthenticated', 'forbidden', 'notAcceptable', 'throttled', 'unavailable'] as const
const aboutPerson = [...always, 'invalid', 'notFound'] as const

const person: Answer = {
  takes: ['Prefer', 'IfNoneMatch', 'IfMatch'],
  description: 'The resource, and in the headers whether anything is missing from the record.',
  schema: 'Resource',
  headers: { ...validated, 'Last-Modified': 'LastModified', ...pointing },
  fails: [...aboutPerson, 'preconditionFailed']
}

/** By `operationId`. */
const answers: ReadonlyMap<string, Answer> = new Map([
  [
    'readCapabilities',
    {
      takes: [],
      description: 'A CapabilityStatement.',
      schema: 'Resource',
      headers: cached,
      fails: []
    }
  ],
  [
    'readOperation',
    {
      takes: [],
      description: 'An OperationDefinition.',
      schema: 'Resource',
      headers: cached,
      fails: ['notFound']
    }
  ],
  [
    'findPerson',
    {
      takes: ['Prefer'],
      description: 'Whoever matches and may be shown: none, one or several.',
      schema: 'Bundle',
      headers: cached,
      fails: [...always, 'invalid']
    }
  ],
  [
    'matchPerson',
    {
      takes: [],
      description: 'Whoever matches and may be shown, each with its grade.',
      schema: 'Bundle',
      headers: cached,
      fails: [...always, 'invalid']
    }
  ],
  [
    'readEverything',
    {
      takes: ['Prefer', 'IfNoneMatch'],
      description: 'The person first, then their record.',
      schema: 'Bundle',
      headers: validated,
      fails: [...aboutPerson, 'gone']
    }
  ],
  [
    'readConflicts',
    {
      takes: ['Prefer', 'IfNoneMatch'],
      description: 'Lists of what is told differently, then what they name.',
      schema: 'Bundle',
      headers: validated,
      fails: aboutPerson
    }
  ],
  [
    'readChanges',
    {
      takes: ['Prefer'],
      description: 'One page of what is shown otherwise than it was, the oldest change first.',
      schema: 'Bundle',
      headers: cached,
      fails: [...aboutPerson, 'gone']
    }
  ],
  [
    'readSummary',
    {
      takes: ['Prefer', 'IfNoneMatch'],
      description: 'The summary, a Bundle of type document, and in the headers whether anything is missing.',
      schema: 'Bundle',
      headers: { ...validated, ...pointing },
      fails: aboutPerson
    }
  ],
  [
    'readCompleteness',
    {
      takes: ['Prefer'],
      description: 'How each source stands.',
      schema: 'Completeness',
      mediaType: 'application/json',
      headers: cached,
      fails: aboutPerson
    }
  ],
  [
    'refresh',
    {
      takes: ['Prefer'],
      description: 'How each source stands when the waiting is over.',
      schema: 'OperationOutcome',
      headers: {},
      fails: aboutPerson
    }
  ],
  ['readPerson', person],
  ['readResource', { ...person, fails: [...person.fails, 'gone'] }],
  ['readVersion', { ...person, takes: ['IfNoneMatch', 'IfMatch'], fails: [...person.fails, 'gone'] }],
  [
    'readFile',
    {
      takes: ['Prefer', 'IfNoneMatch', 'Range', 'IfRange'],
      description: 'The file itself; or, where FHIR JSON was asked for, a Binary.',
      schema: 'Resource',
      servesFiles: true,
      headers: {
        ...person.headers,
        'Accept-Ranges': 'AcceptRanges',
        'Content-Disposition': 'ContentDisposition'
      },
      fails: [...aboutPerson, 'gone', 'rangeNotSatisfiable']
    }
  ],
  [
    'readHistory',
    {
      takes: [],
      description: 'Every wording and withdrawal of the resource, or those that were asked for.',
      schema: 'Bundle',
      headers: { ...cached, ...pointing },
      fails: [...aboutPerson, 'gone']
    }
  ],
  [
    'batch',
    {
      takes: ['Prefer'],
      description: 'What became of each, in the order in which they were asked.',
      schema: 'Bundle',
      headers: cached,
      fails: [...always, 'invalid']
    }
  ],
  [
    'findPersonByForm',
    {
      takes: ['Prefer'],
      description: 'Whoever matches and may be shown: none, one or several.',
      schema: 'Bundle',
      headers: cached,
      fails: [...always, 'invalid']
    }
  ],
  [
    'searchCompartment',
    {
      takes: ['Prefer', 'IfNoneMatch'],
      description: 'One page of what matches.',
      schema: 'Bundle',
      headers: validated,
      fails: [...aboutPerson, 'gone']
    }
  ],
  [
    'searchResources',
    {
      takes: ['Prefer', 'IfNoneMatch'],
      description: 'One page of what matches.',
      schema: 'Bundle',
      headers: validated,
      fails: [...aboutPerson, 'gone']
    }
  ],
  [
    'searchResourcesByForm',
    {
      takes: ['Prefer'],
      description: 'One page of what matches.',
      schema: 'Bundle',
      headers: cached,
      fails: [...aboutPerson, 'gone']
    }
  ]
])

/** @throws Error for an operation that nobody has described: add it above. */
export function answerOf(operationId: string | undefined): Answer {
  const answer = answers.get(operationId ?? '')
  if (!answer) throw new Error(`The route ${operationId} has no answer in open-api/answers.ts`)
  return answer
}

export const headerParameters = ({ takes }: Answer) =>
  [...takes, 'RequestId', 'CorrelationId'].map((name) => ref('parameters', name))

/** By status, the success first. */
export function responsesOf(answer: Answer) {
  const { description, schema, mediaType = fhirJson, headers, takes, fails, servesFiles = false } = answer
  const files = servesFiles ? contentOf('*/*', 'File') : {}
  return {
    200: { description, headers: headersOf(headers), content: { ...contentOf(mediaType, schema), ...files } },
    ...(servesFiles && {
      206: { ...partOfFile, headers: headersOf({ ...headers, 'Content-Range': 'ContentRange' }) }
    }),
    ...(takes.includes('IfNoneMatch') && { 304: ref('responses', 'notModified') }),
    ...Object.fromEntries(fails.map((kind) => [outcomes[kind].status, ref('responses', kind)])),
    default: ref('responses', 'failed')
  }
}

const partOfFile = { description: 'The part that `Range` asked for.', content: contentOf('*/*', 'File') }

/** The answers that operations have in common. */
export const sharedResponses = {
  notModified: {
    description: 'What you hold still stands: nothing has changed, and no source is past its refresh age.',
    headers: headersOf(validated)
  },
  ...Object.fromEntries(
    (Object.keys(failures) as Failure[]).map((kind) => [kind, failed(failures[kind], failureHeaders[kind])])
  ),
  failed: failed('Any other failure.')
}

function failed(description: string, headers: Readonly<Record<string, string>> = {}) {
  return { description, headers: headersOf(headers), content: contentOf(fhirJson, 'OperationOutcome') }
}

function headersOf(headers: Readonly<Record<string, string>>) {
  const all = Object.entries({ ...headers, ...idHeaders })
  return Object.fromEntries(all.map(([name, component]) => [name, ref('headers', component)]))
}

function contentOf(mediaType: string, schema: string) {
  return { [mediaType]: { schema: ref('schemas', schema) } }
}
