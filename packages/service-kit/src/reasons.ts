import type { TSchema } from 'typebox'
import Value from 'typebox/value'

/** Why a value does not fit a schema, in words that give nothing of it away: it may be a secret. */
export interface Reason {
  /** `/sources/0/id`; empty for the whole. */
  readonly place: string
  readonly what: string
}

/**
 * One for each thing that is wrong.
 *
 * @param at Where the value stands in what was read: `/sources/0`.
 */
export function reasonsWhyNot(schema: TSchema, value: unknown, at = ''): Reason[] {
  return [...Value.Errors(schema, value)].flatMap((error): Reason[] => {
    const place = `${at}${error.instancePath}`
    const each = (names: readonly PropertyKey[], what: string) =>
      names.map((name) => ({ place: `${place}/${String(name)}`, what }))
    if (error.keyword === 'required') return each(error.params.requiredProperties, 'is missing')
    if (error.keyword === 'additionalProperties')
      return each(error.params.additionalProperties, 'is not known here')
    // Said already, by `additionalProperties`.
    if (error.keyword === 'boolean') return []
    if (error.keyword === 'enum')
      return [{ place, what: `must be one of ${error.params.allowedValues.join(', ')}` }]
    if (error.keyword === 'const')
      return [{ place, what: `must be ${JSON.stringify(error.params.allowedValue)}` }]
    return [{ place, what: error.message }]
  })
}

/** `/sources/0/name is missing` */
export const reasonText = ({ place, what }: Reason): string => `${place || '(all of it)'} ${what}`
