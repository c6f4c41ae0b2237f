import { OutcomeError } from '@chesil/fhir'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export type Parameters = readonly (readonly [string, string])[]

const maxParameters = 60

/** How an answer is written, and not what it says: true of every request. */
const ofWriting: ReadonlySet<string> = new Set(['_format', '_pretty'])

/**
 * The query as it was asked, repeated names included, without how it is to be written.
 *
 * @throws OutcomeError `invalid` for more parameters than anybody needs.
 */
export function queryParameters({ url }: FastifyRequest): Parameters {
  const at = url.indexOf('?')
  return at < 0 ? [] : parseParameters(url.slice(at + 1)).filter(([name]) => !ofWriting.has(name))
}

/**
 * Those of the body of a `_search`, none where it has none.
 *
 * @throws OutcomeError `unsupportedMediaType` for a body of another kind: its parameters would be passed over.
 */
export function formParameters({ body }: FastifyRequest): Parameters {
  if (body instanceof Form) return body.parameters.filter(([name]) => !ofWriting.has(name))
  if (body === undefined || body === null) return []
  throw new OutcomeError(
    'unsupportedMediaType',
    'Parameters in a body come as application/x-www-form-urlencoded'
  )
}

class Form {
  readonly parameters: Parameters
  constructor(parameters: Parameters) {
    this.parameters = parameters
  }
}

/** Lets the routes of a scope take parameters in the body, where no address can give them away. */
export function acceptForms(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => new Form(parseParameters(body))
  )
}

export function parseParameters(query: string): Parameters {
  const parameters = [...new URLSearchParams(query)]
  if (parameters.length > maxParameters) throw new OutcomeError('invalid', 'Too many search parameters')
  return parameters
}

/** @throws OutcomeError `invalid` when it is given twice. */
export function single(parameters: Parameters, name: string): string | undefined {
  const values = parameters.filter(([one]) => one === name)
  if (values.length > 1) throw new OutcomeError('invalid', `${name} can be given only once`)
  return values[0]?.[1]
}

export const toQuery = (parameters: Parameters): string =>
  new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()
