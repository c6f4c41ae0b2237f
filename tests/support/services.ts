import { startService } from '../../tools/processes/start-service.ts'

export interface SpawnedService {
  /** Where it listens; no trailing slash. */
  readonly url: string
  readonly pid: number
  /** Everything that it has logged. */
  logs(): string
  /** Resolves when it has ended, with how: `exit code 0` or `SIGKILL`. */
  readonly exited: Promise<string>
  /** SIGTERM, and waits until it has ended. */
  stop(): Promise<void>
  /** kill -9, and waits until it is gone. */
  kill9(): Promise<void>
}

/**
 * Runs a service as it runs in earnest: a process of its own, on a free loopback port. It never outlives the test file,
 * but a file that has done with it stops it.
 *
 * @param name Its folder under services/.
 * @param env Its settings; no others of this process reach it.
 */
export async function spawnService(
  name: string,
  env: Readonly<Record<string, string>>
): Promise<SpawnedService> {
  const service = await startService({ name, env, keptOutput: Number.POSITIVE_INFINITY })
  const { url, pid, exited, stop } = service
  return { url, pid, exited, stop, logs: () => service.output(), kill9: () => service.kill() }
}
