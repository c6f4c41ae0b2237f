/**
 * Many rows travel as one text a column, a line a row, which Postgres splits itself: six times as fast as
 * arrays, whose every quote would be escaped (see docs/benchmarks.md). JSON text has no raw line break, and
 * neither have ids.
 */
const absent = '\u0001'

/**
 * @param values None: no row.
 * @throws Error when a value has a line break: rows would shift against each other; and when one would be read
 *   as absent, or an empty string alone as no row.
 */
export function lines(values: readonly (string | number | boolean | undefined)[]): string {
  if (values.includes(absent) || (values.length === 1 && values[0] === ''))
    throw new Error('A value that would be read as none cannot be sent as a line')
  const text = values.map((value) => value ?? absent).join('\n')
  let breaks = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) breaks++
  if (breaks !== Math.max(values.length - 1, 0))
    throw new Error('A value with a line break cannot be sent as a line')
  return text
}

/** SQL for a column sent by `lines`. @param parameter e.g. `$3`. @param type e.g. `uuid`. */
export const column = (parameter: string, type = 'text'): string =>
  `unnest(string_to_array(${parameter}, E'\\n', E'\\x01')::${type}[])`
