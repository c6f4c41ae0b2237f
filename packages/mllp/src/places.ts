import { type Budget, createBudget } from './budget.ts'
import type { BrokenReason, Connection } from './connection.ts'
import type { PaceLimits } from './pace.ts'
import { plainAddress } from './peers.ts'

export interface PlaceLimits extends PaceLimits {
  /** Of one address. */
  readonly maxConnectionsPerPeer: number
  /** Of all connections together, in bytes: above it none is read from until handlers have made room. */
  readonly maxHeldBytes: number
  /** The same of the connections of one address. */
  readonly maxHeldBytesPerPeer: number
}

/** Of a peer whose connections ended for these reasons, the next ones begin with a rest, and slowly. */
const isMistake = (reason: BrokenReason): boolean =>
  reason === 'not-mllp' || reason === 'too-large' || reason === 'unended'
/** After so long without another, mistakes are forgotten. */
const forgetAfterMs = 60_000
/** Whoever has sent something of use within so long may lose its line in the middle of what is large, and come again. */
const trustedForMs = 600_000

/** Shares connections and bytes among peers: whoever sends too much waits for itself, not the others for it. */
export function createPlaces(limits: PlaceLimits) {
  const connections = new Map<string, number>()
  const budgets = new Map<string, Budget>()
  const budgetsOf = new Map<Connection, readonly Budget[]>()
  const mistakes = new Map<string, { readonly count: number; readonly at: number }>()
  /** When a frame of the address was last of use. */
  const takenAt = new Map<string, number>()
  const isTrusted = (peer: string) => Date.now() - (takenAt.get(peer) ?? 0) < trustedForMs
  const all = createBudget(limits.maxHeldBytes, review)

  function review(connection: Connection): void {
    const budgets = budgetsOf.get(connection) ?? []
    connection.holdBack(budgets.some((budget) => !budget.mayRead(connection)))
  }

  function ownOf(peer: string): Budget {
    const own = budgets.get(peer) ?? createBudget(limits.maxHeldBytesPerPeer, review)
    budgets.set(peer, own)
    return own
  }

  return {
    /** @returns gives the place back; nothing where the address has its share already. */
    take(address: string): (() => void) | undefined {
      const peer = plainAddress(address)
      const open = connections.get(peer) ?? 0
      if (open >= limits.maxConnectionsPerPeer) return undefined
      connections.set(peer, open + 1)
      return () => {
        const left = (connections.get(peer) ?? 1) - 1
        if (left > 0) connections.set(peer, left)
        else connections.delete(peer)
      }
    },
    /** What the connections of an address hold counts for it after they have closed, too. */
    budget(address: string) {
      const peer = plainAddress(address)
      const own = ownOf(peer)
      const both = [own, all]
      return {
        enter(connection: Connection): void {
          budgetsOf.set(connection, both)
          for (const budget of both) budget.enter(connection)
          connection.beginSlowly(mistakes.get(peer)?.count ?? 0)
          review(connection)
        },
        leave(connection: Connection): void {
          budgetsOf.delete(connection)
          for (const budget of both) budget.leave(connection)
          if (own.isUnused()) budgets.delete(peer)
        },
        add: (change: Parameters<Budget['add']>[0]): void => {
          for (const budget of both) budget.add(change)
        },
        broken(reason: BrokenReason): void {
          if (!isMistake(reason) || (reason === 'unended' && isTrusted(peer))) return
          mistakes.set(peer, { count: (mistakes.get(peer)?.count ?? 0) + 1, at: Date.now() })
        },
        taken(): void {
          mistakes.delete(peer)
          takenAt.set(peer, Date.now())
        }
      }
    },
    forgetMistakes(now: number): void {
      for (const [peer, { at }] of mistakes) if (now - at > forgetAfterMs) mistakes.delete(peer)
      for (const [peer, at] of takenAt) if (now - at > trustedForMs) takenAt.delete(peer)
    }
  }
}
