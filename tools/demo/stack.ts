import { type RunningProcess, tailOf } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'

/** The processes of a demo: when one of them ends by itself the whole has failed, and they are stopped together. */
export interface Stack {
  /** @param name For messages. */
  addService<Process extends RunningProcess>(name: string, running: Process): Process
  /** Says that a service is being started: it is stopped before what it needs. */
  addStart(starting: Promise<RunningProcess>): void
  /** What the services need until they have stopped. */
  addStore(name: string, running: RunningProcess): void
  /** Rejects when a process ends that should not have. */
  readonly failed: Promise<never>
  /** Stops the services, then the stores. Safe to repeat. */
  stop(): Promise<void>
}

export function createStack(): Stack {
  const services: RunningProcess[] = []
  const stores: RunningProcess[] = []
  const starts: Promise<RunningProcess>[] = []
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // it may fail when nobody waits any more
  let isStopping = false

  const watch = async (name: string, running: RunningProcess) => {
    const how = await running.exited
    if (isStopping) return
    const tail = tailOf(running.output())
    failure.reject(new ToolError(`${name} has ended by itself (${how}). Its last lines:\n${tail}`))
  }
  return {
    failed: failure.promise,
    addService(name, running) {
      services.push(running)
      void watch(name, running)
      return running
    },
    addStart(starting) {
      starts.push(starting)
    },
    addStore(name, running) {
      stores.push(running)
      void watch(name, running)
    },
    async stop() {
      isStopping = true
      await Promise.all(services.map((service) => service.stop()))
      // Those that were still starting are stopped as soon as they run, before what they need.
      await Promise.all(
        starts.map((starting) =>
          starting.then(
            (service) => service.stop(),
            () => undefined
          )
        )
      )
      await Promise.all(stores.map((store) => store.stop()))
    }
  }
}
