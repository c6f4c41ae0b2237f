/** The database has not answered in time; it may still do what it was asked. */
export class Late extends Error {
  constructor() {
    super('The database did not answer in time')
  }
}

/** @returns what came of the work, or `Late`: it goes on, but nobody waits for it any more. */
export function within<Value>(
  ms: number,
  work: Promise<Value>
): Promise<{ readonly taken: Value } | { readonly error: unknown }> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ error: new Late() }), ms)
    work
      .then(
        (taken) => resolve({ taken }),
        (error: unknown) => resolve({ error })
      )
      .finally(() => clearTimeout(timer))
  })
}
