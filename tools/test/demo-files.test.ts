import { spawn } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { ensureKeys } from '../demo/keys.ts'
import { lockDemo } from '../demo/lock.ts'
import { findCommandLine } from '../processes/command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('keys are made once, for this user alone', () => {
  const keys = ensureKeys(join(folder, 'keys'))
  const before = Object.values(keys).map((file) => readFileSync(file, 'utf8'))
  expect(ensureKeys(join(folder, 'keys'))).toEqual(keys)
  expect(Object.values(keys).map((file) => readFileSync(file, 'utf8'))).toEqual(before)
  for (const file of Object.values(keys)) expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('the public key for the token issuer holds nothing of the private one', () => {
  const keys = ensureKeys(join(folder, 'keys'))
  const jwk = JSON.parse(readFileSync(keys.pdsClientJwk, 'utf8'))
  expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  const { x, y } = createPrivateKey(readFileSync(keys.pdsClient, 'utf8')).export({ format: 'jwk' })
  expect(jwk).toMatchObject({ crv: 'P-384', x, y })
})

test('a key that is lost is made again, the others stay', () => {
  const keys = ensureKeys(join(folder, 'keys'))
  const audit = readFileSync(keys.audit, 'utf8')
  rmSync(keys.cursor)
  ensureKeys(join(folder, 'keys'))
  expect(readFileSync(keys.cursor, 'utf8')).toMatch(/^[0-9a-f]{64}$/)
  expect(readFileSync(keys.audit, 'utf8')).toBe(audit)
})

test('the lock of a demo that is gone does not keep the next one out', async () => {
  const file = join(folder, 'lock')
  writeFileSync(file, String(process.pid)) // alive, but no demo: the number has been given to another
  const lock = await lockDemo(file)
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid))
  lock.release()
  expect(existsSync(file)).toBe(false)
})

test('a demo that is stopping is waited for', async () => {
  const file = join(folder, 'lock')
  // Stands for a demo: it has the name of one among its arguments.
  const stopping = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', 'tools/demo/main.ts'])
  await once(stopping, 'spawn')
  await expect.poll(() => findCommandLine(stopping.pid ?? 0)).toContain('tools/demo/main.ts')
  writeFileSync(file, `${stopping.pid} stopping`)
  const waiting = lockDemo(file)
  const first = await Promise.race([waiting, sleep(500, 'still waiting')])
  expect(first).toBe('still waiting')
  stopping.kill()
  const lock = await waiting
  lock.release()
})
