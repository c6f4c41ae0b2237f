import { OutcomeError } from '@chesil/fhir'
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'

/**
 * - `public`: anyone may be called there, over TLS
 * - `allowed`: an operator has allowed this endpoint to be there
 * - `refused`: loopback, private, link-local, a cloud's metadata, or anything else that is not the public Internet
 */
export type AddressVerdict = 'public' | 'allowed' | 'refused'

type Range = [IPv4 | IPv6, number]

/** All public unicast addresses of IPv6 are in here; what is outside is reserved, or holds an IPv4 address. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [IPv6, number]

/**
 * @param allowedRanges CIDR, e.g. `10.0.0.0/8`. An IPv4 range covers the same addresses written as IPv6.
 * @returns a function that judges an IP address. What is not one is refused.
 * @throws OutcomeError `invalid` when a range cannot be read.
 */
export function createAddressGuard(allowedRanges: readonly string[]): (address: string) => AddressVerdict {
  const ranges = allowedRanges.map(parseRange)
  return (address) => {
    // Four parts only: "127.1" and "0x7f000001" are spellings that a resolver has no business giving.
    if (!ipaddr.IPv6.isValid(address) && !ipaddr.IPv4.isValidFourPartDecimal(address)) return 'refused'
    const parsed = ipaddr.process(address)
    if (ranges.some((range) => contains(range, parsed))) return 'allowed'
    return isPublic(parsed) ? 'public' : 'refused'
  }
}

/** @returns the address in the one spelling by which it can be compared. */
export const normaliseAddress = (address: string): string => ipaddr.process(address).toNormalizedString()

/** Whether a text is a CIDR range: `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  try {
    parseRange(text)
    return true
  } catch {
    return false
  }
}

function parseRange(text: string): Range {
  try {
    return ipaddr.parseCIDR(text)
  } catch {
    throw new OutcomeError('invalid', 'An allowed address is not a CIDR range')
  }
}

const contains = ([base, bits]: Range, address: IPv4 | IPv6): boolean =>
  base.kind() === address.kind() && address.match(base, bits)

function isPublic(address: IPv4 | IPv6): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || (contains(globalUnicast, address) && !isIsatap(address as IPv6))
}

/** The last 64 bits carry an IPv4 address after 0000:5efe or 0200:5efe, whatever the prefix. */
function isIsatap({ parts }: IPv6): boolean {
  return ((parts[4] ?? 0) & 0xfdff) === 0 && parts[5] === 0x5efe
}
