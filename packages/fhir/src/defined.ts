type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out the properties that are `undefined`: FHIR has no null, and absent is not undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  const result: Record<string, unknown> = {}
  // Several times as fast as Object.entries, and every element of every resource comes through here.
  for (const key in value) if (value[key] !== undefined) result[key] = value[key]
  return result as Defined<T>
}
