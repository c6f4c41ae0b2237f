import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
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
  { args: ['--port', '65536'], message: /^--port takes a whole number from 1 to 65535\.$/ },
  { args: ['--gp-records', 'no-such-folder'], message: /^--gp-records: there is no folder / },
  {
    args: ['--gp-records', join(import.meta.dirname, 'demo-options.test.ts')],
    message: /^--gp-records: there is no folder /
  }
])('$args is refused in one line', ({ args, message }) => {
  expect(() => parseOptions(args, folder)).toThrow(message)
  expect(() => parseOptions(args, folder)).toThrow(/^[^\n]+$/)
})
