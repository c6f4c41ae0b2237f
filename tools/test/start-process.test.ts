import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { findCommandLine } from '../processes/command-line.ts'
import { type ProcessOptions, startProcess } from '../processes/start-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-process-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

function start(script: string, options: Partial<ProcessOptions> = {}) {
  return startProcess({
    name: 'The script',
    command: '/bin/sh',
    args: ['-c', script],
    isReady: (output) => output.includes('ready'),
    startTimeoutMs: 20_000,
    ...options
  })
}

async function isGoneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 100) {
    if (findCommandLine(pid) === undefined) return true
    await sleep(100)
  }
  return false
}

test('a process is given back once it says that it is ready, with what it printed', async () => {
  const running = await start('echo starting; echo ready; exec sleep 60')
  expect(running.output()).toBe('starting\nready\n')
  await running.stop()
  expect(await running.exited).toBe('SIGTERM')
})

test('a process that ends before it is ready fails with how it ended and its last lines', async () => {
  const starting = start('seq 1 40; echo no such thing; exit 3')
  await expect(starting).rejects.toThrow(
    /^The script ended with exit code 3\. Its last lines:\n27\n(\d+\n){13}no such thing$/
  )
})

test('a process that is not ready in time fails, and is gone', async () => {
  const starting = start('echo $$; exec sleep 60', { startTimeoutMs: 500 })
  const error = await starting.catch((reason: Error) => reason)
  expect(error).toMatchObject({ message: expect.stringMatching(/^The script was not ready after 0\.5 s/) })
  const pid = Number(/lines:\n(\d+)/.exec(String(error))?.[1])
  expect(pid).toBeGreaterThan(0)
  expect(await isGoneWithin(pid, 1_000)).toBe(true)
})

test('a command that does not exist fails with its name', async () => {
  await expect(start('', { command: '/no/such/command' })).rejects.toThrow(
    /^The script cannot be started: .*ENOENT/
  )
})

test('a process that will not stop is killed after its time', async () => {
  const running = await startProcess({
    name: 'The stubborn one',
    command: process.execPath,
    args: [fixture('stubborn.ts')],
    isReady: (output) => output.includes('ready'),
    startTimeoutMs: 20_000,
    stopTimeoutMs: 300
  })
  await running.stop()
  expect(await running.exited).toBe('SIGKILL')
  expect(running.output()).toContain('not yet')
})

test('stopping twice, or after the end, does nothing more', async () => {
  const running = await start('echo ready; exec sleep 60')
  await Promise.all([running.stop(), running.stop()])
  await running.stop()
  await running.kill()
  expect(await running.exited).toBe('SIGTERM')
})

test('with a group of its own, what a process started is stopped with it', async () => {
  const running = await start('sleep 60 & echo child $!; echo ready; wait', { ownGroup: true })
  const grandchild = Number(/child (\d+)/.exec(running.output())?.[1])
  await expect.poll(() => findCommandLine(grandchild)).toBe('sleep 60')
  await running.stop()
  expect(await isGoneWithin(grandchild, 1_000)).toBe(true)
})

test('standard input is handed over and closed', async () => {
  const running = await start('cat; echo ready; exec sleep 60', { input: 'a secret\n' })
  expect(running.output()).toBe('a secret\nready\n')
  await running.stop()
})

test('the log file holds the output of one start after the other', async () => {
  const logFile = join(folder, 'script.log')
  for (const text of ['first', 'second']) {
    const running = await start(`echo ${text}; echo ready; exec sleep 60`, { logFile })
    await running.stop()
  }
  await expect.poll(() => readFileSync(logFile, 'utf8')).toBe('first\nready\nsecond\nready\n')
})

test('a process does not outlive the one that started it, even when that is killed with -9', async () => {
  const parent = await startProcess({
    name: 'The parent',
    command: process.execPath,
    args: [fixture('parent.ts')],
    isReady: (output) => /child \d+\n/.test(output),
    startTimeoutMs: 20_000
  })
  const child = Number(/child (\d+)/.exec(parent.output())?.[1])
  expect(findCommandLine(child)).toContain('stubborn.ts')
  await parent.kill()
  expect(await isGoneWithin(child, 10_000)).toBe(true)
})
