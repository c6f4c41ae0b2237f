import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
}

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

function start(env: Readonly<Record<string, string>>, args: readonly string[] = []): Started {
  const main = join(import.meta.dirname, '../src/main.ts')
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, PORT: '0', ...env } })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  return { child, output: () => output }
}

async function urlOf({ child, output }: Started): Promise<string> {
  for (;;) {
    const [, url] = /"url":"([^"]+)","msg":"listening"/.exec(output()) ?? []
    if (url !== undefined) return url
    if (child.exitCode !== null) throw new Error(output())
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  }
}

test('the process says where it listens, logs no number, and ends although a practice hangs', async () => {
  const started = start({})
  const url = await urlOf(started)
  expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'live' })
  const [person] = (await (await fetch(`${url}/control/people`)).json()) as {
    nhsNumber: string
    family: string
  }[]
  await fetch(`${url}/control/people/${person?.nhsNumber}`)
  await fetch(`${url}/control/practices/J99001/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"hang"}'
  })
  const hanging = fetch(`${url}/practices/J99001/STU3/1/gpconnect/documents/Patient`).catch(
    () => 'broken off'
  )
  const asked = () => fetch(`${url}/control/practices/J99001`).then((response) => response.text())
  while (!(await asked()).includes('"documents":1')) await sleep(10)
  const askedToEnd = performance.now()
  started.child.kill('SIGTERM')
  await once(started.child, 'exit')
  expect(performance.now() - askedToEnd).toBeLessThan(5_000)
  expect(await hanging).toBe('broken off')
  expect(started.output()).toContain('"route":"/control/people/:nhsNumber"')
  expect(started.output()).not.toContain(person?.nhsNumber)
  expect(started.output()).not.toContain(person?.family)
})

test('the process does not start in production, and says why', async () => {
  const started = start({ NODE_ENV: 'production' })
  const [code] = await once(started.child, 'exit')
  expect(code).not.toBe(0)
  expect(started.output()).toContain('it does not run in production')
})

test('the process does not start without the folder of records that it is told of', async () => {
  const started = start({}, ['--gp-records', '/nowhere/at/all'])
  const [code] = await once(started.child, 'exit')
  expect(code).not.toBe(0)
  expect(started.output()).toContain('/nowhere/at/all')
})
