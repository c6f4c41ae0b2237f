import { type Database, type PersonState, readPersonState } from '@chesil/record-store'

/**
 * What is known of persons read lately. A cached state may be old: whoever answers from it learns the
 * person's revision from the audit commit and reads again if it has moved.
 */
export function createStates({
  database,
  capacity
}: {
  readonly database: Database
  readonly capacity: number
}) {
  const cache = new Map<string, PersonState>()
  const keyOf = (patientId: string, authority: string) => `${patientId} ${authority}`

  async function read(patientId: string, authority: string): Promise<PersonState | undefined> {
    const key = keyOf(patientId, authority)
    const state = await readPersonState(database, patientId, authority)
    cache.delete(key)
    if (state) {
      cache.set(key, state)
      if (cache.size > capacity) cache.delete(cache.keys().next().value as string)
    }
    return state
  }

  return {
    /** From Postgres. @returns `undefined` for an id that nobody has. */
    read,

    /** @param now ms since 1970: what holds data that must be gone by now is not used. */
    async find(patientId: string, authority: string, now: number): Promise<PersonState | undefined> {
      const cached = cache.get(keyOf(patientId, authority))
      const isUsable = cached && (cached.expiresAt === undefined || cached.expiresAt > now)
      return isUsable ? cached : await read(patientId, authority)
    }
  }
}

export type States = ReturnType<typeof createStates>
