import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig, loadJsonFile, readSecret } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const messageOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('Nothing was wrong')
}

const Settings = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1, description: 'PostgreSQL, with migrations applied' }),
  SIGNING_KEY: Type.String({ pattern: '^(env|file):.+$', description: 'A secret by reference' }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  LOG_LEVEL: Type.Enum(['info', 'warn'], { default: 'info', description: 'Least level that is logged' }),
  ADDRESS: Type.Optional(Type.String())
})
const valid = { DATABASE_URL: 'postgres://x', SIGNING_KEY: 'env:KEY' }
const wrong = (env: Record<string, string>) => messageOf(() => loadConfig(Settings, env)).split('\n  ')

describe('settings', () => {
  test('have defaults, are numbers where they are meant so, and leave out what is not theirs', () => {
    expect(loadConfig(Settings, { ...valid, PORT: '8080', HOME: '/root' })).toEqual({
      ...valid,
      PORT: 8080,
      LOG_LEVEL: 'info'
    })
  })

  test('that are empty are not set', () => {
    expect(loadConfig(Settings, { ...valid, PORT: '', ADDRESS: '' })).toEqual({
      ...valid,
      PORT: 3000,
      LOG_LEVEL: 'info'
    })
    expect(wrong({ ...valid, DATABASE_URL: '' })).toContain(
      'DATABASE_URL is missing (PostgreSQL, with migrations applied)'
    )
  })

  test('that are wrong are told all at once, a line each, by name and with what they are for', () => {
    expect(wrong({ PORT: 'many', LOG_LEVEL: 'loud' })).toEqual([
      'Invalid configuration:',
      'DATABASE_URL is missing (PostgreSQL, with migrations applied)',
      'SIGNING_KEY is missing (A secret by reference)',
      'PORT must be integer (0: any free port)',
      'LOG_LEVEL must be one of info, warn (Least level that is logged)'
    ])
  })

  test.each([
    ['above its range', { PORT: '65536' }],
    ['below it', { PORT: '-1' }],
    ['not a whole number', { PORT: '1.5' }],
    ['a word', { PORT: 'true' }],
    ['text after a number', { PORT: '80 # web' }],
    ['not of its list', { LOG_LEVEL: 'INFO' }]
  ])('are refused when one is %s', (_case, changes: Record<string, string>) => {
    const [name] = Object.keys(changes) as [string]
    expect(wrong({ ...valid, ...changes })).toEqual([
      'Invalid configuration:',
      expect.stringMatching(`^${name} must `)
    ])
  })

  test('never have their values printed', () => {
    const secret = '-----BEGIN PRIVATE KEY-----hunter2'
    const message = wrong({ DATABASE_URL: 'postgres://u:hunter2@x', SIGNING_KEY: secret, PORT: 'hunter2' })
    expect(message.join()).toContain('SIGNING_KEY')
    expect(message.join()).not.toContain('hunter2')
  })
})

describe('a secret', () => {
  test('is looked up where its reference says, without the line break at its end', () => {
    expect(readSecret('env:KEY', { KEY: 'abc' })).toBe('abc')
    expect(readSecret(`file:${written('key', 'abc\n')}`, {})).toBe('abc')
  })

  test.each([
    ['an environment variable that is not there', 'env:KEY', 'The secret env:KEY is missing or empty'],
    ['one that is empty', 'env:EMPTY', 'The secret env:EMPTY is missing or empty'],
    ['a file that is not there', 'file:/nowhere/key', '/nowhere/key cannot be read (ENOENT)']
  ])('that is %s is named, so that it can be put right', (_case, reference, message) => {
    expect(messageOf(() => readSecret(reference, { EMPTY: '' }))).toBe(message)
  })

  test.each(['-----BEGIN PRIVATE KEY-----\nhunter2', 'hunter2', 'vault:hunter2', ''])(
    'that was written out where its reference belongs is not printed: %j',
    (reference) => {
      expect(messageOf(() => readSecret(reference, {}))).toBe(
        'A secret is named, not written out: env:NAME or file:/path'
      )
    }
  )
})

describe('a JSON file', () => {
  const Content = Type.Object(
    { name: Type.String(), size: Type.Integer({ default: 1 }) },
    { additionalProperties: false }
  )
  const wrongFile = (content: string) => {
    const path = written('content.json', content)
    return messageOf(() => loadJsonFile(Content, path)).replaceAll(path, 'FILE')
  }

  test('has its defaults filled in', () => {
    expect(loadJsonFile(Content, written('content.json', '{"name":"a"}'))).toEqual({ name: 'a', size: 1 })
  })

  test.each([
    ['is no JSON', '{"name":"hunter2"', 'FILE is not JSON'],
    ['is something else', '[]', 'FILE is not valid:\n  (all of it) must be object'],
    ['lacks something', '{}', 'FILE is not valid:\n  /name is missing'],
    [
      'says what nobody knows',
      '{"name":"a","colour":"hunter2"}',
      'FILE is not valid:\n  /colour is not known here'
    ],
    ['has a wrong value', '{"name":"a","size":"hunter2"}', 'FILE is not valid:\n  /size must be integer']
  ])('that %s is refused, by place and without what stands there', (_case, content, message) => {
    expect(wrongFile(content)).toBe(message)
  })

  test('that is not there is named', () => {
    expect(messageOf(() => loadJsonFile(Content, '/nowhere/sources.json'))).toBe(
      '/nowhere/sources.json cannot be read (ENOENT)'
    )
  })
})
