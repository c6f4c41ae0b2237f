import { runProgram } from '../../src/program.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command as `main.ts` does, with no settings but these. */
export async function chesil(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  const code = await runProgram(args, {
    env,
    print: (line) => {
      stdout += `${line}\n`
    },
    complain: (line) => {
      stderr += `${line}\n`
    }
  })
  return { code, stdout, stderr }
}
