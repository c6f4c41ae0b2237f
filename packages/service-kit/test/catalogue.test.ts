import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readCatalogue } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-catalogue-'))
const path = join(folder, 'sources.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const source = (id: string, odsCode: string, changes: object = {}) => ({
  id,
  kind: 'gp-connect',
  odsCode,
  name: `Practice ${odsCode}`,
  releaseStage: 'live',
  retention: 'session',
  endpoint: { baseUrl: 'https://gp.example/gpconnect', asid: '1', interactions: ['structured'] },
  ...changes
})
const organisation = (odsCode: string) => ({ odsCode, name: 'A reader’s organisation', asid: '2' })

function read(sources: readonly object[], readingOrganisations: readonly object[] = []) {
  writeFileSync(path, JSON.stringify({ sources, readingOrganisations }))
  return readCatalogue(path)
}

function linesOf(...given: Parameters<typeof read>): string[] {
  try {
    read(...given)
  } catch (error) {
    const [first, ...lines] = (error as Error).message.split('\n  ')
    expect(first).toBe(`${path} is not valid:`)
    return lines
  }
  return []
}

describe('the source catalogue', () => {
  test('holds the 153 sources of an integrated care system, with defaults', () => {
    const many = Array.from({ length: 153 }, (_, n) => source(`gp-${n}`, `J${81_000 + n}`))
    const { sources } = read(many, [organisation('R9Z')])
    expect(sources).toHaveLength(153)
    expect(sources[152]).toMatchObject({ id: 'gp-152', concurrency: 4, timeoutMs: 5_000, sessionMinutes: 30 })
  })

  test.each([
    [
      'two sources with one id',
      [source('gp-a', 'J81001'), source('gp-a', 'J81002')],
      'two sources have the id gp-a'
    ],
    [
      'two live sources of one practice',
      [source('gp-a', 'J81001'), source('gp-b', 'J81001')],
      'two live sources have the ODS code J81001'
    ],
    [
      'what is stored without an agreement',
      [source('gp-a', 'J81001', { retention: 'store' })],
      'gp-a: retention "store" needs a recorded agreement'
    ],
    [
      'a source without a name',
      [source('gp-a', 'J81001', { name: undefined })],
      '/sources/0/name is missing'
    ],
    [
      'a word that nobody knows',
      [source('gp-a', 'J81001', { retentoin: 'store' })],
      '/sources/0/retentoin is not known here'
    ],
    [
      'a stage that is none',
      [source('gp-a', 'J81001', { releaseStage: 'pilot' })],
      '/sources/0/releaseStage must be one of planned, live, retired'
    ],
    [
      'a certificate written out',
      [
        source('gp-a', 'J81001', {
          endpoint: {
            baseUrl: 'https://x.example/a',
            asid: '1',
            interactions: ['structured'],
            certificateAuthority: '-----BEGIN CERTIFICATE-----'
          }
        })
      ],
      '/sources/0/endpoint/certificateAuthority must match pattern "^(env:[A-Z_][A-Z0-9_]*|file:/.+)$"'
    ]
  ])('is refused with %s, in one clear line', (_case, sources, line) => {
    expect(linesOf(sources)).toEqual([line])
  })

  test('is refused with a reading organisation named twice', () => {
    expect(linesOf([], [organisation('R9Z'), organisation('R9Z')])).toEqual([
      'two reading organisations have the ODS code R9Z'
    ])
  })

  test('is told everything that is wrong with it at once', () => {
    const sources = [
      source('gp-a', 'J81001'),
      source('gp-a', 'J81001'),
      source('gp-c', 'J81003', { retention: 'store' })
    ]
    expect(linesOf(sources)).toHaveLength(3)
  })

  test('may keep the retired or planned source of a practice beside its live one', () => {
    const { sources } = read([
      source('gp-old', 'J81001', { releaseStage: 'retired' }),
      source('gp-new', 'J81001')
    ])
    expect(sources).toHaveLength(2)
  })
})
