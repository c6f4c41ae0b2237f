import { expect, test } from 'vitest'
import { createStack } from '../demo/stack.ts'
import type { RunningProcess } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'

/** A process that writes down when it has stopped. */
function pretend(name: string, stopped: string[]): RunningProcess & { crash(how: string): void } {
  const end = Promise.withResolvers<string>()
  return {
    pid: 0,
    output: () => `the last words of ${name}`,
    exited: end.promise,
    crash: end.resolve,
    async stop() {
      if (stopped.includes(name)) return
      await new Promise((done) => setTimeout(done, 5))
      stopped.push(name)
      end.resolve('SIGTERM')
    },
    kill: async () => end.resolve('SIGKILL')
  }
}

test('services are stopped before what they need', async () => {
  const stopped: string[] = []
  const stack = createStack()
  stack.addStore('PostgreSQL', pretend('store', stopped))
  stack.addService('One', pretend('one', stopped))
  stack.addService('Another', pretend('another', stopped))
  await stack.stop()
  expect(stopped).toEqual(['one', 'another', 'store'])
})

test('a service that is still starting is waited for, and stopped before what it needs', async () => {
  const stopped: string[] = []
  const stack = createStack()
  const starting = Promise.withResolvers<RunningProcess>()
  stack.addStore('PostgreSQL', pretend('store', stopped))
  stack.addStart(starting.promise)
  stack.addService('One', pretend('one', stopped))
  const stopping = stack.stop()
  await expect.poll(() => stopped).toEqual(['one'])
  starting.resolve(pretend('late', stopped))
  await stopping
  expect(stopped).toEqual(['one', 'late', 'store'])
})

test('a service that does not start holds up nobody’s stop', async () => {
  const stopped: string[] = []
  const stack = createStack()
  stack.addStore('PostgreSQL', pretend('store', stopped))
  stack.addStart(Promise.reject(new ToolError('it does not start')))
  await stack.stop()
  expect(stopped).toEqual(['store'])
})

test('what ends by itself fails the whole, with its last words; what is stopped does not', async () => {
  const stack = createStack()
  const service = pretend('one', [])
  stack.addService('The service one', service)
  service.crash('SIGKILL')
  await expect(stack.failed).rejects.toThrow(
    'The service one has ended by itself (SIGKILL). Its last lines:\nthe last words of one'
  )

  const other = createStack()
  other.addService('The service one', pretend('one', []))
  await other.stop()
  const first = await Promise.race([
    other.failed,
    new Promise((done) => setTimeout(() => done('nothing'), 20))
  ])
  expect(first).toBe('nothing')
})
