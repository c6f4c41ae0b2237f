import { OutcomeError } from '@chesil/fhir'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'

/**
 * Reads what the control API or the issuer was sent; no body counts as an empty one.
 *
 * @throws OutcomeError `invalid` naming the member that is wrong.
 */
export function readBody<Schema extends TSchema>(schema: Schema, body: unknown): Static<Schema> {
  const value = Value.Default(schema, body ?? {})
  const [error] = Value.Errors(schema, value)
  if (error) throw new OutcomeError('invalid', `${error.instancePath || '/'} ${error.message}`)
  return value as Static<Schema>
}
