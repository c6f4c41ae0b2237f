import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { parseParameters, queryParameters, single, toQuery } from '../src/http/parameters.ts'
import { parsePrefer } from '../src/http/prefer.ts'

const refused = expect.objectContaining({ kind: 'invalid' })
const of = (url: string) => queryParameters({ url } as FastifyRequest)

describe('parameters', () => {
  test('written and read are the same, in their order, repeated names included', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 60 }), (parameters) => {
        expect(parseParameters(toQuery(parameters))).toEqual(parameters)
      })
    )
  })

  test.each<[string, [string, string][]]>([
    ['/Observation', []],
    ['/Observation?', []],
    ['/Observation?code=1', [['code', '1']]],
    ['/Observation?code=a%2Cb+c%20d', [['code', 'a,b c d']]],
    ['/Observation?code=1?2', [['code', '1?2']]],
    ['/Observation?code', [['code', '']]],
    ['/Observation?=1', [['', '1']]],
    [
      '/Observation?a=1&a=2',
      [
        ['a', '1'],
        ['a', '2']
      ]
    ],
    ['/Observation?code=%', [['code', '%']]],
    ['/Observation?code=%zz%ff', [['code', '%zz\ufffd']]],
    ['/Observation?code=%00', [['code', '\0']]],
    [
      '/Observation?__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2']
      ]
    ]
  ])('%s asks for what it says', (url, parameters) => {
    expect(of(url)).toEqual(parameters)
  })

  test('60 are enough for anybody', () => {
    const query = (count: number) => Array.from({ length: count }, (_, n) => `code=${n}`).join('&')
    expect(parseParameters(query(60))).toHaveLength(60)
    expect(() => parseParameters(query(61))).toThrow(refused)
    expect(() => parseParameters('&'.repeat(100_000))).not.toThrow()
  })

  test('what can be given once is refused when it is given twice', () => {
    expect(single(parseParameters('a=1&b=2'), 'b')).toBe('2')
    expect(single(parseParameters('a=1'), 'b')).toBeUndefined()
    expect(() => single(parseParameters('a=1&a=1'), 'a')).toThrow(refused)
  })
})

describe('Prefer', () => {
  test.each([
    [undefined, { handling: 'strict' }],
    ['', { handling: 'strict' }],
    ['wait=2', { handling: 'strict', waitSeconds: 2 }],
    ['WAIT=0', { handling: 'strict', waitSeconds: 0 }],
    ['wait=999999', { handling: 'strict', waitSeconds: 10 }],
    ['wait=5; foo=bar, handling=lenient', { handling: 'lenient', waitSeconds: 5 }],
    ['respond-async,, return=minimal', { handling: 'strict' }],
    ['handling=Lenient', { handling: 'lenient' }],
    ['handling=strict', { handling: 'strict' }],
    ['handling=whatever', { handling: 'strict' }],
    ['wait=1, wait=9', { handling: 'strict', waitSeconds: 1 }],
    [['wait=3', 'handling=lenient'], { handling: 'lenient', waitSeconds: 3 }],
    ['waiting=x', { handling: 'strict' }]
  ])('%j is understood', (header, preferences) => {
    expect(parsePrefer(header)).toEqual(preferences)
  })

  test.each(['wait=', 'wait=-1', 'wait=1.5', 'wait=two', 'wait=1e9', 'wait=9999999', 'wait=0x2', 'wait=２'])(
    '%s is refused',
    (header) => {
      expect(() => parsePrefer(header)).toThrow(refused)
    }
  )

  test('any other text means what a reader gets who prefers nothing', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/wait=|handling=/i.test(text)),
        (text) => {
          expect(parsePrefer(text)).toEqual({ handling: 'strict' })
        }
      )
    )
  })
})
