/**
 * What stands at a path of an element, through lists: `participant.individual`.
 *
 * @returns nothing for what is not there.
 */
export function valuesIn(root: unknown, path: string): readonly unknown[] {
  let values: readonly unknown[] = [root]
  for (const name of path.split('.')) {
    values = values.flatMap((value) => {
      const next = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
      return next === undefined ? [] : Array.isArray(next) ? next : [next]
    })
  }
  return values
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
