import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ToolError } from '../processes/tool-error.ts'

export const usage = `Usage: npm run demo -- [options]

Starts every service and the sandbox on this machine, loads people, and prints what to try.

  --people N            how many ordinary people to make up (default 25), beside one of each particular kind.
                        With --gp-records: load the first N of its people only
  --gp-records FOLDER   serve the GP Connect records in this folder from the sandbox's practices, not made-up ones
  --port N              where the record API listens (default: a free port)
  --help                this text

DATABASE_URL and REDIS_URL replace the private PostgreSQL and Redis. Data, keys and logs are kept
in .demo/, or in DEMO_FOLDER.`

export interface DemoOptions {
  readonly people?: number
  /** Absolute. */
  readonly gpRecords?: string
  readonly port?: number
}

function parseWhole(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value >= least && value <= most) return value
  throw new ToolError(`--${name} takes a whole number from ${least} to ${most}.`)
}

/** Below it most ports belong to somebody, and `fetch` refuses many. */
const leastPort = 1_024

function parseFolder(text: string, from: string): string {
  if (text === '') throw new ToolError('--gp-records takes a folder.')
  const folder = resolve(from, text)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  throw new ToolError(`--gp-records: there is no folder ${folder}.`)
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' as const }
  const options = { people: text, 'gp-records': text, port: text, help: { type: 'boolean' as const } }
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/\.\s/)[0] : String(error)
    throw new ToolError(`${reason}. See npm run demo -- --help`)
  }
}

/**
 * @param from What a relative folder is relative to.
 * @param env Of the process.
 * @returns `help` when that is asked for.
 * @throws ToolError naming the option that is unknown or wrong.
 */
export function parseOptions(
  args: readonly string[],
  from: string,
  env: Readonly<Record<string, string | undefined>> = {}
): DemoOptions | 'help' {
  const { help, people, port, 'gp-records': gpRecords } = readArguments(args)
  if (help) return 'help'
  if (gpRecords !== undefined && env['DATABASE_URL'])
    throw new ToolError(
      '--gp-records has a database of its own: unset DATABASE_URL, or leave the option out.'
    )
  return {
    ...(people === undefined ? {} : { people: parseWhole('people', people, 1, 10_000) }),
    ...(gpRecords === undefined ? {} : { gpRecords: parseFolder(gpRecords, from) }),
    ...(port === undefined ? {} : { port: parseWhole('port', port, leastPort, 65_535) })
  }
}
