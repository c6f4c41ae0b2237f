import { buildProgram } from './program.ts'

const program = buildProgram({ env: process.env, print: (line) => process.stdout.write(`${line}\n`) })
try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`)
  process.exitCode = 1
}
