import { nameOf } from '../adt/telling.ts'

/** Names an item of one message: a name that has been given gets a number from the second time on. */
export type Names = (wanted: string) => string

export function createNames(): Names {
  const given = new Map<string, number>()
  return (wanted) => {
    const name = nameOf(wanted)
    const times = (given.get(name) ?? 0) + 1
    given.set(name, times)
    return times === 1 ? name : `${name}/${times}`
  }
}
