import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFramer, type FramerEvent, toFrame } from '../src/index.ts'

const latin = (text: string) => Buffer.from(text, 'latin1')
const told = (events: readonly FramerEvent[]) =>
  events.map((event) => (event.kind === 'frame' ? event.bytes.toString('latin1') : event.kind))

/** What a framer makes of chunks, and how much it skipped. */
function run(chunks: readonly (string | Buffer)[], maxFrameBytes = 1_000) {
  const framer = createFramer({ maxFrameBytes })
  const events = chunks.flatMap((chunk) =>
    told(framer.push(typeof chunk === 'string' ? latin(chunk) : chunk))
  )
  return { events, framer }
}

describe('a frame', () => {
  test('is what stands between VT and FS CR', () => {
    expect(run(['\x0bMSH|1\x1c\r']).events).toEqual(['MSH|1'])
  })

  test('may come byte by byte', () => {
    expect(run([...'\x0bMSH|1\x1c\r\x0bMSH|2\x1c\r']).events).toEqual(['MSH|1', 'MSH|2'])
  })

  test('is one of many in a chunk', () => {
    expect(run(['\x0ba\x1c\r\x0bb\x1c\r\x0bc\x1c\r\x0bd']).events).toEqual(['a', 'b', 'c'])
  })

  test('ends though its end is cut in two', () => {
    expect(run(['\x0ba\x1c', '\r\x0bb\x1c', '\r']).events).toEqual(['a', 'b'])
  })

  test('goes on after an FS that no CR follows', () => {
    expect(run(['\x0ba\x1cb\x1c\r']).events).toEqual(['a\x1cb'])
    expect(run(['\x0ba\x1c', 'b\x1c\x1c', '\r']).events).toEqual(['a\x1cb\x1c'])
  })

  test('may be empty', () => {
    expect(run(['\x0b\x1c\r']).events).toEqual([''])
  })

  test('is a copy: what becomes of the chunk does not change it', () => {
    const chunk = latin('\x0bMSH|1\x1c\r')
    const [event] = createFramer({ maxFrameBytes: 100 }).push(chunk)
    chunk.fill(0)
    expect(told(event ? [event] : [])).toEqual(['MSH|1'])
  })

  test.each(['\r', '\n', '\r\n', 'junk', '\x1c\r', '\r\r\x1c'])(
    'comes after %j, which is skipped',
    (junk) => {
      const { events, framer } = run([`${junk}\x0ba\x1c\r${junk}`, `\x0bb\x1c\r${junk}`])
      expect(events).toEqual(['a', 'b'])
      expect(framer.junkBytes()).toBe(junk.length)
    }
  )
})

describe('a frame that begins inside another', () => {
  test('counts, and the one that never ended is dropped', () => {
    expect(run(['\x0bMSH|1|half\x0bMSH|2\x1c\r']).events).toEqual(['restarted', 'MSH|2'])
    expect(run(['\x0bMSH|1|half', '\x0b', 'MSH|2\x1c\r']).events).toEqual(['restarted', 'MSH|2'])
  })

  test('counts after an FS as well', () => {
    expect(run(['\x0bMSH|1\x1c\x0bMSH|2\x1c\r']).events).toEqual(['restarted', 'MSH|2'])
    expect(run(['\x0bMSH|1\x1c', '\x0bMSH|2\x1c\r']).events).toEqual(['restarted', 'MSH|2'])
  })
})

describe('a frame that is too large', () => {
  test('is told once, and nothing is taken after it', () => {
    expect(run(['\x0b1234', '567', '890\x1c\r\x0ba\x1c\r'], 8).events).toEqual(['too-large'])
    expect(run(['\x0b123456789\x1c\r\x0ba\x1c\r'], 8).events).toEqual(['too-large'])
  })

  test('is one byte more than the limit', () => {
    expect(run(['\x0b1234', '5678\x1c', '\r'], 8).events).toEqual(['12345678'])
  })

  test('is not held', () => {
    const { framer } = run(['\x0b', ...Array.from({ length: 50 }, () => 'x'.repeat(65_536))], 1_000_000)
    expect(framer.heldBytes()).toBe(0)
  })
})

/** Content as a hostile sender could make it, but without frame characters in frame order. */
const content = fc
  .array(
    fc.oneof(fc.constantFrom('\x1c', '\n', '\r', 'MSH|^~\\&|', 'é'), fc.string({ unit: 'binary-ascii' }))
  )
  .map((parts) => parts.join('').replaceAll('\x0b', ''))
  .filter((text) => !text.includes('\x1c\r'))
const junk = fc.constantFrom('', '\r', '\n', '\r\n', ' ', 'nothing', '\x1c\r', '\x1c')

test('any cut of any messages, with junk between, gives exactly these messages', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(junk, content), { maxLength: 12 }),
      fc.array(fc.nat({ max: 400 }), { maxLength: 30 }),
      (messages, cuts) => {
        const stream = Buffer.concat(
          messages.flatMap(([before, message]) => [latin(before), toFrame(latin(message))])
        )
        const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b)
        const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end))
        expect(run(chunks, 10_000).events).toEqual(messages.map(([, message]) => message))
      }
    ),
    { numRuns: 1_000 }
  )
})

test('whatever the bytes, no frame holds two beginnings, and the cut of the stream makes no difference', () => {
  const bytes = fc.array(fc.constantFrom(0x0b, 0x1c, 0x0d, 0x0a, 0x4d, 0x53), { maxLength: 60 })
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 7 }), (stream, size) => {
      const whole = Buffer.from(stream)
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
        whole.subarray(at * size, (at + 1) * size)
      )
      const { events } = run(chunks)
      expect(events).toEqual(run([whole]).events)
      expect(events.filter((event) => event.includes('\x0b'))).toEqual([])
    }),
    { numRuns: 2_000 }
  )
})

test('time grows with the bytes, not with their square, in whatever pieces they come', () => {
  const framer = createFramer({ maxFrameBytes: 20_000_000 })
  const begin = process.cpuUsage()
  framer.push(latin('\x0b'))
  const piece = Buffer.alloc(16, 'x')
  for (let at = 0; at < 500_000; at++) framer.push(piece)
  const [event] = framer.push(latin('\x1c\r'))
  expect(event?.kind === 'frame' && event.bytes.length).toBe(8_000_000)
  expect(process.cpuUsage(begin).user / 1_000).toBeLessThan(4_000)
})

test('a message with frame characters inside is not framed', () => {
  expect(() => toFrame(latin('a\x0bb'))).toThrow('frame characters')
  expect(() => toFrame(latin('a\x1c\rb'))).toThrow('frame characters')
})
