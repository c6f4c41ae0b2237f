import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressVerdict, normaliseAddress } from './address-guard.ts'
import { failExchange } from './failure.ts'

export interface ConnectorOptions {
  readonly judge: (address: string) => AddressVerdict
  /** Every address of a name. Asked once for each connection. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>
  readonly connectTimeoutMs: number
  /** PEM. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Every address that the machine's resolver knows, hosts file included. */
export async function resolveByMachine(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}

/**
 * Opens connections only to addresses that were judged: the name is resolved once, and the connection goes
 * to that answer, so that a second answer from the same name server changes nothing.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs: timeout, ca, cert, key } = options
  const open = buildConnector({
    timeout,
    allowH2: false,
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key })
  })
  return (target, callback) => {
    connect(target, options, open).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null)
    )
  }
}

async function connect(
  target: buildConnector.Options,
  { judge, resolve }: ConnectorOptions,
  open: buildConnector.connector
): Promise<Socket> {
  const addresses = isIP(target.hostname) ? [target.hostname] : await resolve(target.hostname)
  const verdicts = addresses.map(judge)
  // A name with one good address and one bad is not a name to trust.
  if (addresses.length === 0 || verdicts.includes('refused')) throw failExchange('address-refused')
  if (verdicts.includes('public') && !isSafeOnInternet(target)) throw failExchange('address-refused')
  const socket = await openFirst(addresses, target, open)
  if (isExpectedPeer(socket.remoteAddress, addresses)) return socket
  socket.destroy()
  throw failExchange('address-refused')
}

/** Over TLS, and not to the port of another protocol: 22, 25 and their like have no business with us. */
function isSafeOnInternet({ protocol, port }: buildConnector.Options): boolean {
  const number = port === '' ? 443 : Number(port)
  return protocol === 'https:' && (number === 443 || number >= 1024)
}

/** Tries one after the other, as a machine without IPv6 needs. */
async function openFirst(
  addresses: readonly string[],
  target: buildConnector.Options,
  open: buildConnector.connector
): Promise<Socket> {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await openOne(address, target, open)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** The host stays the name, and TLS wants a certificate for that, though the connection goes to an address. */
function openOne(
  address: string,
  target: buildConnector.Options,
  open: buildConnector.connector
): Promise<Socket> {
  return new Promise((done, fail) => {
    open({ ...target, hostname: address }, (error, socket) => {
      if (error) fail(error)
      else done(socket)
    })
  })
}

/** @param peer What the socket says it is connected to; absent once it is closed. */
export function isExpectedPeer(peer: string | undefined, addresses: readonly string[]): boolean {
  return peer !== undefined && addresses.map(normaliseAddress).includes(normaliseAddress(peer))
}
