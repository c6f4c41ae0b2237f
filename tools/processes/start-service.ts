import { join } from 'node:path'
import { type RunningProcess, startProcess } from './start-process.ts'

const root = join(import.meta.dirname, '..', '..')

export interface ServiceOptions {
  /** Its folder under services/. */
  readonly name: string
  /** Its settings; nothing else of our environment reaches it but what a process needs to run. */
  readonly env: Readonly<Record<string, string>>
  /** Default 20 s. */
  readonly startTimeoutMs?: number
  readonly logFile?: string
  readonly keptOutput?: number
}

export interface RunningService extends RunningProcess {
  /** Where it listens, as it logged it; no trailing slash. */
  readonly url: string
}

/** The `url` of the line with which a service says that it listens. */
function findListeningUrl(output: string): string | undefined {
  const line = output.split('\n').find((text) => text.includes('"msg":"listening"') && text.endsWith('}'))
  if (!line) return undefined
  const { url } = JSON.parse(line) as { url?: string }
  return url?.replace(/\/$/, '')
}

function inheritedEnv(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'NODE_COMPILE_CACHE']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/**
 * Starts a service as a process of its own, on loopback and free ports unless its settings say otherwise, and waits
 * until it listens.
 *
 * @throws ToolError with the end of its log, when it does not come up.
 */
export async function startService({ name, env, ...options }: ServiceOptions): Promise<RunningService> {
  const running = await startProcess({
    startTimeoutMs: 20_000,
    ...options,
    name: `The service ${name}`,
    command: process.execPath,
    args: [join('services', name, 'src', 'main.ts')],
    cwd: root,
    env: { ...inheritedEnv(), HOST: '127.0.0.1', PORT: '0', OPS_HOST: '127.0.0.1', OPS_PORT: '0', ...env },
    isReady: (output) => findListeningUrl(output) !== undefined,
    stopTimeoutMs: 25_000, // a service gives itself 20 s to finish what it has begun
    ownGroup: true
  })
  return { ...running, url: findListeningUrl(running.output()) ?? '' }
}
