import type { Connection, HeldBytes } from './connection.ts'

/**
 * What several connections may hold together, in bytes. Above it none of them is read from until handlers have made
 * room. Where frames that have begun hold all there is, none could ever end: then one is read from nevertheless.
 *
 * @param holdBack Called of each member whenever the answer may have changed.
 */
export function createBudget(maxBytes: number, holdBack: (connection: Connection) => void) {
  const members = new Set<Connection>()
  let whole = 0
  let begun = 0
  let isExceeded = false
  let favourite: Connection | undefined

  /** No frame is read to its end while those that are whole may still make room. */
  function chooseFavourite(): Connection | undefined {
    if (!isExceeded || whole > 0) return undefined
    if (favourite?.isInsideFrame()) return favourite
    return [...members].find((one) => one.isInsideFrame())
  }

  function review(): void {
    const before = [isExceeded, favourite]
    isExceeded = whole + begun > maxBytes
    favourite = chooseFavourite()
    if (isExceeded === before[0] && favourite === before[1]) return
    for (const member of members) holdBack(member)
  }

  return {
    enter: (connection: Connection) => void members.add(connection),
    leave(connection: Connection): void {
      members.delete(connection)
      if (favourite === connection) favourite = undefined
      review()
    },
    add(change: HeldBytes): void {
      whole += change.whole
      begun += change.begun
      review()
    },
    mayRead: (connection: Connection) => !isExceeded || connection === favourite,
    isUnused: () => members.size === 0 && whole + begun === 0
  }
}

export type Budget = ReturnType<typeof createBudget>
