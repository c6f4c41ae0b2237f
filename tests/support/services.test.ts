import { expect, test } from 'vitest'
import { spawnService } from './services.ts'

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a service runs as a process of its own, and tells where', async () => {
  const sandbox = await spawnService('sandbox', { SANDBOX_PEOPLE: '1' })
  expect(sandbox.pid).not.toBe(process.pid)
  expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect((await fetch(`${sandbox.url}/control/people`)).status).toBe(200)
  expect(sandbox.logs()).toContain('"msg":"listening"')
  await sandbox.stop()
  expect(await sandbox.exited).toBe('exit code 0')
  expect(isAlive(sandbox.pid)).toBe(false)
})

test('a service can be killed with -9', async () => {
  const sandbox = await spawnService('sandbox', { SANDBOX_PEOPLE: '1' })
  await sandbox.kill9()
  expect(await sandbox.exited).toBe('SIGKILL')
  await sandbox.stop()
})

test('a service that does not come up fails with its own words', async () => {
  await expect(spawnService('sandbox', { SANDBOX_PEOPLE: 'many' })).rejects.toThrow(
    /^The service sandbox ended with exit code 1\. Its last lines:\n[\s\S]*Invalid configuration/
  )
})

test('no setting of ours reaches a service by accident', async () => {
  process.env['SANDBOX_PEOPLE'] = 'many'
  try {
    const sandbox = await spawnService('sandbox', {})
    await sandbox.stop()
  } finally {
    delete process.env['SANDBOX_PEOPLE']
  }
})
