import { connect, type Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { createFramer, toFrame } from '@chesil/mllp'

export interface TortureMessage {
  /** MSH-10; another message may have the same. */
  readonly controlId: string
  readonly bytes: Buffer
}

type Random = () => number
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)] as Value

/** MSH-18, and a name as bytes in it. */
const characterSets = [
  ['8859/1', Buffer.from('RENÉ', 'latin1')],
  ['8859/15', Buffer.from('REN\xc9 \xa4', 'latin1')],
  ['UNICODE UTF-8', Buffer.from('RENÉ')],
  ['', Buffer.from('RENÉ')],
  // Says one thing and sends another.
  ['UNICODE UTF-8', Buffer.from('RENÉ', 'latin1')],
  // The second byte of a character may be a delimiter's.
  ['GB 18030-2000', Buffer.from('\xc0\xcf\x81|\x81^', 'latin1')]
] as const

/** Messages of as many people; each hundredth has the number of the one before. */
export function makeMessages(count: number, random: Random): readonly TortureMessage[] {
  return Array.from({ length: count }, (_, at) => {
    const controlId = `T${at % 100 === 99 ? at - 1 : at}`
    const [characterSet, name] = pick(random, characterSets)
    const end = pick(random, ['\r', '\r', '\r', '\n', '\r\n'])
    const text = 'x'.repeat(Math.floor(random() ** 4 * 3_000))
    const segments = [
      `MSH|^~\\&|PAS|RCB|CHESIL|HUB|20261122100000||ADT^A08^ADT_A01|${controlId}|P|2.4||||||${characterSet}`,
      'EVN||20261122100000',
      `PID|1||${at}^^^RCB^MR||${name.toString('latin1')}^${at}||19700101|2`,
      // FS is content as long as no CR follows.
      `NTE|1||${text}${random() < 0.02 ? '\x1cx' : ''}`
    ]
    return { controlId, bytes: Buffer.from(segments.join(end) + pick(random, ['', end]), 'latin1') }
  })
}

const junk = ['\r', '\n', '\r\n', '  ', 'no message', '\x1c\r'].map((text) => Buffer.from(text))
const badFrames = ['', 'hello', 'PID|1||4711', 'MSH|^~\\&|PAS|RCB|||||ADT^A01||P|2.4\r'].map((text) =>
  toFrame(Buffer.from(text))
)

/** What goes over the wire, and what each frame in it must be answered with. */
interface Burst {
  readonly bytes: Buffer
  readonly expected: readonly (TortureMessage | 'refusal')[]
}

function makeBurst(messages: readonly TortureMessage[], random: Random): Burst {
  const all = messages.flatMap((message) => disturb(message, random))
  return {
    bytes: Buffer.concat(all.map(({ bytes }) => bytes)),
    expected: all.flatMap(({ expected }) => expected)
  }
}

/** A message, and what a bad sender on a bad line puts before it. */
function disturb(message: TortureMessage, random: Random): readonly Burst[] {
  const frame = toFrame(message.bytes)
  const runTogether = () => toFrame(Buffer.concat([message.bytes, Buffer.from('\r'), message.bytes]))
  const begun = () => frame.subarray(0, 1 + Math.floor(random() * (frame.length - 3)))
  /** A VT that is content: what stands after it is taken for a message, and is none. */
  const nested = () => {
    const at = 10 + Math.floor(random() * (frame.length - 20))
    return Buffer.concat([frame.subarray(0, at), Buffer.of(0x0b), Buffer.from('x'), frame.subarray(at)])
  }
  const good: Burst = { bytes: frame, expected: [message] }
  const faults: readonly (readonly [number, () => Burst])[] = [
    [0.2, () => ({ bytes: pick(random, junk), expected: [] })],
    [0.02, () => ({ bytes: pick(random, badFrames), expected: ['refusal'] })],
    // Two that somebody ran together are nobody's.
    [0.02, () => ({ bytes: runTogether(), expected: ['refusal'] })],
    [0.02, () => ({ bytes: nested(), expected: ['refusal'] })],
    [0.02, () => good],
    // Begun, given up, and begun again.
    [0.03, () => ({ bytes: begun(), expected: [] })]
  ]
  return [...faults.flatMap(([chance, make]) => (random() < chance ? [make()] : [])), good]
}

/** From a byte a piece to a burst as a whole. */
async function writeInPieces(socket: Socket, { bytes }: Burst, random: Random): Promise<void> {
  const most = pick(random, [1, 7, 200, 1_500, 20_000, bytes.length])
  const limited = most < 20 ? Math.min(bytes.length, 400) : bytes.length
  let at = 0
  while (at < bytes.length && !socket.destroyed) {
    const size = at < limited ? 1 + Math.floor(random() * most) : bytes.length - at
    const isRoom = socket.write(bytes.subarray(at, at + size))
    at += size
    if (!isRoom) await drained(socket)
    else if (random() < 0.3) await turn()
  }
}

const drained = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve))

export interface TortureSender {
  /** Resolves when all is acknowledged. */
  readonly done: Promise<void>
  readonly acknowledged: ReadonlySet<TortureMessage>
  /** Replies that are not what the protocol demands. */
  readonly complaints: readonly string[]
}

/** Sends messages until each is acknowledged, over as many connections as it takes. */
export function startSender(
  messages: readonly TortureMessage[],
  { port, random }: { readonly port: () => number; readonly random: Random }
): TortureSender {
  const acknowledged = new Set<TortureMessage>()
  const complaints: string[] = []

  async function runConnection(): Promise<void> {
    const socket = connect(port(), '127.0.0.1')
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => undefined).setNoDelay(true)
    const expected: (TortureMessage | 'refusal')[] = []
    const framer = createFramer({ maxFrameBytes: 10_000 })
    socket.on('data', (chunk: Buffer) => {
      for (const event of framer.push(chunk)) {
        if (event.kind === 'frame') settle(event.bytes.toString('latin1'), expected.shift())
      }
    })
    const waiting = messages.filter((message) => !acknowledged.has(message))
    while (waiting.length > 0 && !socket.destroyed) {
      const burst = makeBurst(waiting.splice(0, Math.ceil(random() * 50)), random)
      expected.push(...burst.expected)
      await writeInPieces(socket, burst, random)
      while (expected.length > 300 && !socket.destroyed) await sleep(1)
    }
    socket.end()
    await ended
  }

  function settle(reply: string, expected: TortureMessage | 'refusal' | undefined): void {
    const [, code, controlId = ''] = /\rMSA\|(\w\w)(?:\|([^|\r]*))?/.exec(reply) ?? []
    if (code === 'AA' && typeof expected === 'object' && controlId === expected.controlId)
      acknowledged.add(expected)
    else if (!(code === 'AR' && expected === 'refusal') && code !== 'AE')
      complaints.push(`${code} ${controlId}`)
  }

  const done = (async () => {
    while (acknowledged.size < messages.length) {
      await runConnection()
      await sleep(20)
    }
  })()
  return { done, acknowledged, complaints }
}
