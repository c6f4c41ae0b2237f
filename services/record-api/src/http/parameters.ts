import { OutcomeError } from '@chesil/fhir'
import type { FastifyRequest } from 'fastify'

export type Parameters = readonly (readonly [string, string])[]

const maxParameters = 60

/**
 * The query as it was asked, repeated names included.
 *
 * @throws OutcomeError `invalid` for more parameters than anybody needs.
 */
export function queryParameters({ url }: FastifyRequest): Parameters {
  const at = url.indexOf('?')
  return at < 0 ? [] : parseParameters(url.slice(at + 1))
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
