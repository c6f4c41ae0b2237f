import { describe, expect, test } from 'vitest'
import { isWithinLimits } from '../src/hl7v2/door-limits.ts'
import { type Header, readHeader } from '../src/hl7v2/header.ts'
import { createIntake } from '../src/intake/intake.ts'
import { createSenders } from '../src/intake/senders.ts'
import { catalogueOf, hospital, message } from './support.ts'

const size = 16 * 2 ** 20
const filled = (unit: string) => unit.repeat(Math.floor(size / unit.length))
/** Segments that hold so many signs and are as long as may be. */
const most = (before: string, sign: string, count: number) =>
  Array(Math.floor(count / 16_000)).fill(before + sign.repeat(16_000))
/** Far more than it takes alone: these machines have other things to do. */
const patienceMs = 1_500

/** What an intake says, and for how long at most it kept everything else waiting. */
async function knock(text: string) {
  let outcome = ''
  const intake = createIntake({
    findSender: createSenders(catalogueOf(hospital())),
    take: async () => ({ outcome: 'new', id: 'row', isControlIdReused: false }),
    newId: () => 'id',
    now: () => 0,
    onOutcome: (_source, what) => {
      outcome = what
    },
    onFlag: () => undefined
  })
  const bytes = Buffer.from(text, 'latin1')
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  const { acknowledgements } = await intake({ bytes })
  await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(timer)
  const replied = Math.max(0, ...acknowledgements.map(({ length }) => length))
  return { outcome, longest, replied }
}

/** The largest document that fits, as encoders wrap it. */
function wrapped(end: string, width: number): string {
  const line = 'QUJD'.repeat(width / 4) + end
  const lines = line.repeat(Math.floor((size - 1_000) / line.length))
  return message({ segments: [`OBX|1|ED|PDF||^^PDF^Base64^${lines}`] })
}

describe('16 MB do not stop the door', () => {
  const header = 'MSH|^~\\&|PAS|RCB|CHESIL|HUB|20261122100000||ADT^A01|C1|P|2.4'
  test.each([
    ['repetitions', 'tooManyParts', message({ segments: [`PV1|1|O|${filled('~')}`] })],
    ['components', 'tooManyParts', message({ segments: [`OBX|1|TX|${filled('^')}`] })],
    ['fields', 'tooManyParts', message({ segments: [filled('|')] })],
    ['a field without end', 'tooManyParts', message({ segments: [`PV1|1|O|${filled('x')}`] })],
    ['a code without end', 'tooManyParts', message({ segments: [`OBX|1|TX|${filled('x')}||y`] })],
    ['lines', 'tooManyParts', message({ segments: [filled('PV1|1|O\r')] })],
    ['blank lines', 'tooManyParts', message({ segments: [filled('\r')] })],
    ['a header of fields', 'longHeader', `${header}${filled('|')}\r`],
    ['a number without end', 'longHeader', message({ control: filled('1') })],
    ['blanks', 'noHeader', filled(' ')],
    ['blanks in a line', 'new', message({ segments: [filled(' ')] })],
    ['a document', 'new', message({ segments: [`OBX|1|ED|PDF||^^PDF^Base64^${filled('QUJD')}`] })],
    ['as many repetitions as may be', 'new', message({ segments: most('PV1|1|O|', '~', 49_000) })],
    ['as many components as may be', 'new', message({ segments: most('PV1|1|O|', '^', 240_000) })],
    [
      'as many results as may be',
      'new',
      message({ segments: Array(20_000).fill(`OBX|1|TX|a^b^c~d^e^f||${'x'.repeat(600)}`) })
    ],
    ['a document in short lines', 'new', wrapped('\n', 76)],
    ['a document in short lines with two signs at each end', 'new', wrapped('\r\n', 64)],
    [
      'a segment that goes on and on',
      'tooManyParts',
      message({ segments: [`PV1|1|O|${filled('x\n').slice(0, 400_000)}`] })
    ],
    ['as many segments as may be', 'new', message({ segments: Array(49_000).fill('NTE|1||x') })],
    [
      'as many segments in as many lines as may be',
      'new',
      message({ segments: Array(49_000).fill(`NTE|1||x${'\ny'.repeat(10)}`) })
    ],
    ['merges', 'tooManyParts', message({ type: 'ADT^A50', segments: Array(40_000).fill('MRG|4711||||V1') })],
    ['segments', 'tooManyParts', message({ segments: Array(51_000).fill('NTE|1||x') })],
    ['bytes above ASCII', 'new', message({ segments: [`NTE|1||${filled('\xe9')}`], characterSet: '8859/1' })],
    ['bytes of no set', 'new', message({ segments: [`NTE|1||${filled('\x93')}`], characterSet: '8859/1' })]
  ])('of %s: %s', { timeout: 20_000 }, async (_what, expected, text) => {
    const { outcome, longest, replied } = await knock(text)
    expect(outcome).toBe(expected)
    expect(longest).toBeLessThan(patienceMs)
    expect(replied).toBeLessThan(1_000)
  })
})

test('a segment counts with all its lines, as it is mapped', () => {
  const { delimiters } = readHeader(Buffer.from(message())) as Header
  const within = (...segments: string[]) => isWithinLimits(message({ segments }), delimiters)
  const lines = (count: number) => Array(count).fill('x'.repeat(1_000)).join('\n')
  expect(within(`AL1|1||${lines(10)}`)).toBe(true)
  expect(within(`AL1|1||${lines(20)}`)).toBe(false)
  expect(within(`OBX|1|TX|a\n${lines(20)}||b`)).toBe(false)
  expect(within(`OBX|1|TX|a||b\n${lines(20)}`, `NTE|1||${lines(20)}`, `ZXX|${lines(20)}`)).toBe(true)
  expect(within('NTE|1||a', 'no segment PV1|', 'PV1x', ...Array(30).fill(' PV1|1'))).toBe(true)
  expect(within(...Array(21).fill('PV1 '))).toBe(false)
  expect(within(`AL1|1||${lines(10)}`, 'NAD', lines(10))).toBe(false)
})

test('a laboratory’s longest report is taken', () => {
  const { delimiters } = readHeader(Buffer.from(message())) as Header
  const lines = Array.from(
    { length: 10_000 },
    (_, at) => `OBX|${at}|NM|718-7^Haemoglobin^LN||${at}|g/L|130-170|N|||F|||20261122100000`
  )
  expect(isWithinLimits(message({ segments: lines }), delimiters)).toBe(true)
  expect(isWithinLimits(message({ segments: lines }).replaceAll('\r', '\r\n'), delimiters)).toBe(true)
})
