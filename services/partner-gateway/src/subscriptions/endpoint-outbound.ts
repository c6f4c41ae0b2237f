import { createOutbound, type Outbound } from '@chesil/source-clients'

/** Calls to subscribers: each only to public addresses and those that an operator has allowed to its endpoint. */
export function createEndpointOutbound() {
  const byRanges = new Map<string, Outbound>()
  return {
    of(allowedRanges: readonly string[]): Outbound {
      const key = [...allowedRanges].sort().join(' ')
      const known = byRanges.get(key)
      if (known) return known
      const made = createOutbound({ allowedAddresses: allowedRanges })
      byRanges.set(key, made)
      return made
    },
    async close(): Promise<void> {
      await Promise.all([...byRanges.values()].map((outbound) => outbound.close()))
    }
  }
}
