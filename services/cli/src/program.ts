import type { Environment } from '@chesil/service-kit'
import { Command, CommanderError } from 'commander'
import { AuditInDoubt, verifyAuditCommand } from './audit.ts'
import { identityCommands } from './identity.ts'
import { messageCommands } from './messages.ts'
import { migrateCommand } from './migrate.ts'
import { objectionCommands } from './objection.ts'
import { partnerCommands } from './partner.ts'
import { checkSources } from './sources.ts'
import { stayCommands } from './stays.ts'

/** What a command needs from outside. */
export interface Surroundings {
  readonly env: Environment
  readonly print: (line: string) => void
  /** Says what is wrong. */
  readonly complain: (line: string) => void
}

/** Runs one command. @returns the exit code: 1 when it failed, 2 when the audit log is in doubt. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await buildProgram(surroundings).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said itself what is wrong; with --help nothing is.
    if (error instanceof CommanderError) return error.exitCode
    surroundings.complain((error instanceof Error && error.message) || 'failed')
    return error instanceof AuditInDoubt ? 2 : 1
  }
}

/** The `chesil` command. Every command that fails throws an error that says what to do. */
function buildProgram(surroundings: Surroundings): Command {
  const program = new Command('chesil')
    .description('Looks after a Chesil deployment')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.print(text.trimEnd()),
      writeErr: (text) => surroundings.complain(text.trimEnd())
    })
  program
    .command('migrate')
    .description('Bring the database up to date; safe to run from several places at once')
    .action(() => migrateCommand(surroundings))
  program
    .command('audit')
    .description('The audit log')
    .command('verify')
    .description('Walk every chain and compare it with the signed checkpoints')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExit code 0: nothing was altered. 1: something was, or could not be checked. 2: for something no checkpoint vouches, though one should: a process was killed, or rows were added or removed.'
    )
    .action((options: { json?: boolean }) => verifyAuditCommand(options, surroundings))
  objectionCommands(program.command('objection').description('Objections to the whole record'), surroundings)
  messageCommands(program.command('messages').description('What was received'), surroundings)
  identityCommands(
    program.command('identity').description('What sources say of their patient numbers'),
    surroundings
  )
  stayCommands(program.command('stays').description('Stays that their source does not share'), surroundings)
  partnerCommands(
    program.command('partner').description('Systems that send to the partner gateway'),
    surroundings
  )
  program
    .command('sources')
    .description('The source catalogue')
    .command('check <file>')
    .description('Say everything that is wrong with a catalogue before a service reads it')
    .action((file: string) => checkSources(file, surroundings))
  return program
}
