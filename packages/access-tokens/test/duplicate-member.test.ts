import { expect, test } from 'vitest'
import { hasDuplicateMember } from '../src/token-text.ts'

test.each([
  ['{}', false],
  ['{"a":1,"b":2}', false],
  ['{"a":1,"a":2}', true],
  ['{"a" :1,"a"\n:2}', true],
  ['{"a":{"a":{"a":1}}}', false],
  ['{"a":{"b":1},"b":{"a":1}}', false],
  ['{"x":[{"a":1},{"a":2}]}', false],
  ['{"x":[{"a":1,"a":2}]}', true],
  ['{"a":{},"b":{},"a":{}}', true],
  ['{"a":"a","b":"a"}', false],
  ['{"a":"x\\":{","b":"}\\"a"}', false],
  ['{"a":"{","b":1,"b":2}', true],
  ['{"a":["a","a"]}', false],
  ['{"a":["b","a:"],"c":"a"}', false],
  ['{"\\u0061":1,"a":2}', true],
  ['{"a\\\\":1,"a":2}', false],
  ['{"":1,"":2}', true],
  ['{"__proto__":1,"__proto__":2}', true],
  ['{"constructor":1,"toString":2}', false],
  ['[{"a":1},{"a":1,"a":1}]', true],
  ['"a"', false]
])('%s names a member twice: %s', (json, expected) => {
  expect(JSON.parse(json)).toBeDefined()
  expect(hasDuplicateMember(json)).toBe(expected)
})

test('reads its largest input in milliseconds, whatever it is made of', () => {
  const inputs = ['"\\"', '{"a":', '\\', '"', '{'].map((part) => part.repeat(16_384 / part.length))
  const start = performance.now()
  for (const input of [...inputs, `{"${'\\\\'.repeat(8_000)}":1}`]) {
    try {
      hasDuplicateMember(input)
    } catch {
      // Not valid JSON; only the time matters.
    }
  }
  expect(performance.now() - start).toBeLessThan(500)
})
