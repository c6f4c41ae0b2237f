import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What happens to the connections that go through a proxy, those that are open as well as new ones.
 *
 * - `delay`: everything arrives that much later, in both directions
 * - `cut`: connections are reset (RST), at once and on connecting
 * - `blackHole`: connections stand, nothing gets through and nothing ends, until the fault changes
 * - `halfClose`: the answering side is closed (FIN); what the client sends still arrives
 * - `truncate`: after so many bytes of the answer, counted from when the fault was set, the connection ends
 * - `drip`: the answer comes that slowly
 */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'blackHole' }
  | { readonly kind: 'halfClose' }
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }

export interface FaultProxy {
  /** On 127.0.0.1. */
  readonly port: number
  set(fault: Fault): void
  /** Resets what is open. */
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly target: Socket
  /** Bytes of the answer that were let through since the fault was set. */
  answered: number
}

/** The fault in force, and a promise for the next one. */
interface State {
  fault: Fault
  changed: PromiseWithResolvers<void>
}

const dripEveryMs = 50

/** A TCP proxy on loopback that does nothing, until it is told to do harm. */
export async function createFaultProxy({
  target
}: {
  readonly target: { readonly host: string; readonly port: number }
}): Promise<FaultProxy> {
  const state: State = { fault: { kind: 'none' }, changed: Promise.withResolvers() }
  const links = new Set<Link>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const link = { client, target: connect({ ...target, allowHalfOpen: true, noDelay: true }), answered: 0 }
    links.add(link)
    client.once('close', () => {
      links.delete(link)
      link.target.destroy()
    })
    join(link, state)
    strike(link, state.fault)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    set(fault) {
      state.fault = fault
      state.changed.resolve()
      state.changed = Promise.withResolvers()
      for (const link of links) {
        link.answered = 0
        strike(link, fault)
      }
    },
    async close() {
      for (const link of links) reset(link)
      server.close()
      await once(server, 'close')
    }
  }
}

/** What a fault does at once, without waiting for anything to be sent. */
function strike(link: Link, fault: Fault): void {
  if (fault.kind === 'cut') reset(link)
  if (fault.kind === 'halfClose') link.client.end()
}

function join(link: Link, state: State): void {
  const { client, target } = link
  client.on('error', () => reset(link))
  target.on('error', () => reset(link))
  pump(client, target, (chunk) => forwardRequest(chunk, link))
  pump(target, client, (chunk) => forwardAnswer(chunk, link, state))

  /** Chunks, and the end, wait in line behind one another but are all read at once. */
  function pump(from: Socket, to: Socket, forward: (chunk: Buffer) => Promise<void>): void {
    let line: Promise<unknown> = Promise.resolve()
    const then = (step: () => Promise<void>) => {
      const arrivedAt = performance.now()
      line = line.then(() => passage(state, arrivedAt)).then(step)
    }
    from.on('data', (chunk: Buffer) => then(() => forward(chunk)))
    from.on('end', () => then(async () => void to.end()))
  }
}

/** Waits until something that arrived then may go on: out of a black hole, or after its delay. */
async function passage(state: State, arrivedAt: number): Promise<void> {
  for (;;) {
    const { fault, changed } = state
    const waitMs = fault.kind === 'delay' ? arrivedAt + fault.ms - performance.now() : 0
    if (fault.kind === 'blackHole') await changed.promise
    else if (waitMs > 0) await sleep(waitMs)
    else return
  }
}

async function forwardRequest(chunk: Buffer, { target }: Link): Promise<void> {
  if (target.writable) target.write(chunk)
}

async function forwardAnswer(chunk: Buffer, link: Link, state: State): Promise<void> {
  const { fault } = state
  if (fault.kind === 'drip') return drip(chunk, link, state)
  if (fault.kind === 'truncate') return truncate(chunk, link, fault.afterBytes)
  answer(chunk, link)
}

function answer(chunk: Buffer, link: Link): void {
  if (!link.client.writable) return
  link.answered += chunk.length
  link.client.write(chunk)
}

function truncate(chunk: Buffer, link: Link, afterBytes: number): void {
  answer(chunk.subarray(0, Math.max(0, afterBytes - link.answered)), link)
  if (link.answered < afterBytes) return
  link.client.end()
  link.target.destroy()
}

/** Piece by piece; when the fault changes meanwhile, the rest goes the new way. */
async function drip(chunk: Buffer, link: Link, state: State): Promise<void> {
  for (let rest = chunk; rest.length > 0 && !link.client.destroyed; ) {
    if (state.fault.kind !== 'drip') return forwardRest(rest, link, state)
    const size = Math.max(1, Math.round((state.fault.bytesPerSecond * dripEveryMs) / 1000))
    const pauseMs = Math.max(dripEveryMs, 1000 / state.fault.bytesPerSecond)
    answer(rest.subarray(0, size), link)
    rest = rest.subarray(size)
    await Promise.race([sleep(pauseMs), state.changed.promise])
  }
}

async function forwardRest(chunk: Buffer, link: Link, state: State): Promise<void> {
  await passage(state, performance.now())
  await forwardAnswer(chunk, link, state)
}

function reset({ client, target }: Link): void {
  client.resetAndDestroy()
  target.resetAndDestroy()
}
