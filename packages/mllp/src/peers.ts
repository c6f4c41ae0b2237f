import { BlockList, isIP } from 'node:net'

/**
 * Who may connect, by address. A port that takes messages into people's records is open to nobody by default.
 *
 * @param ranges CIDR, e.g. `10.20.0.0/16` or `fd00::/8`, or single addresses. None: this machine only.
 * @throws Error naming the entry that is no address or range.
 */
export function createPeerFilter(ranges: readonly string[]): (address: string) => boolean {
  const allowed = new BlockList()
  for (const range of ranges.length > 0 ? ranges : ['127.0.0.0/8', '::1']) addRange(allowed, range)
  return (address) => {
    const plain = plainAddress(address)
    return allowed.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}

/** A server on `::` sees IPv4 as a part of IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

function addRange(list: BlockList, range: string): void {
  const [address = '', bits, ...rest] = range.split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const prefix = bits === undefined ? most : Number(bits)
  const isWhole = Number.isInteger(prefix) && prefix >= 0 && prefix <= most && bits !== ''
  if (version === 0 || !isWhole || rest.length > 0) throw new Error(`${range} is no address or CIDR range`)
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
}
