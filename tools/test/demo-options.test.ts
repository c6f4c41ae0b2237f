import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseOptions } from '../demo/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every option has a default', () => {
  expect(parseOptions([], folder)).toEqual({})
})

test('options are read as they are written in the help', () => {
  expect(parseOptions(['--people', '3', '--port=8080'], folder)).toEqual({ people: 3, port: 8080 })
})

test('a folder is relative to where the command was given', () => {
  const options = parseOptions(['--gp-records', basename(folder)], dirname(folder))
  expect(options).toEqual({ gpRecords: folder })
})

test('ports are taken from the lowest to the highest', () => {
  expect(parseOptions(['--port', '1024'], folder)).toEqual({ port: 1_024 })
  expect(parseOptions(['--port', '65535'], folder)).toEqual({ port: 65_535 })
})

describe('records of one’s own', () => {
  const args = ['--gp-records', folder]

  test('are refused beside a database that may hold other people, which is not told', () => {
    const env = { DATABASE_URL: 'postgres://someone:hunter2@db.example/record' }
    expect(() => parseOptions(args, folder, env)).toThrow(
      /^--gp-records has a database of its own: unset DATABASE_URL, or leave the option out\.$/
    )
    expect(parseOptions(['--people', '3'], folder, env)).toEqual({ people: 3 })
  })

  test.each([{}, { DATABASE_URL: '' }, { REDIS_URL: 'redis://redis.example' }])(
    'are taken with %j',
    (env) => {
      expect(parseOptions(args, folder, env)).toEqual({ gpRecords: folder })
    }
  )
})

test('help wins over whatever else is asked', () => {
  expect(parseOptions(['--help', '--people', '3'], folder)).toBe('help')
})

test.each([
  { args: ['--person', '3'], message: /--person/ },
  { args: ['3'], message: /3/ },
  { args: ['--people'], message: /--people/ },
  { args: ['--people', '0'], message: /^--people takes a whole number from 1 to 10000\.$/ },
  { args: ['--people', '-3'], message: /--people/ },
  { args: ['--people', '3.5'], message: /^--people takes/ },
  { args: ['--people', 'many'], message: /^--people takes/ },
  { args: ['--port', '65536'], message: /^--port takes a whole number from 1024 to 65535\.$/ },
  { args: ['--port', '1023'], message: /^--port takes a whole number from 1024 to 65535\.$/ },
  { args: ['--port', '0'], message: /^--port takes/ },
  { args: ['--port='], message: /^--port takes/ },
  { args: ['--gp-records='], message: /^--gp-records takes a folder\.$/ },
  { args: ['--gp-records', 'no-such-folder'], message: /^--gp-records: there is no folder / },
  {
    args: ['--gp-records', join(import.meta.dirname, 'demo-options.test.ts')],
    message: /^--gp-records: there is no folder /
  }
])('$args is refused in one line', ({ args, message }) => {
  expect(() => parseOptions(args, folder)).toThrow(message)
  expect(() => parseOptions(args, folder)).toThrow(/^[^\n]+$/)
})
