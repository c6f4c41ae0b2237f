import { createCheckpointFolder, createCheckpointVerifier, verifyAudit } from '@chesil/record-store'
import { type Environment, readSecret } from '@chesil/service-kit'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

/**
 * `chesil audit verify`. Settings: DATABASE_URL, AUDIT_CHECKPOINT_DIR and AUDIT_SIGNING_KEY, the secret
 * reference of the key (its public half is enough; several by commas, for keys used before).
 *
 * @throws Error when anything was altered or could not be checked.
 */
export async function verifyAuditCommand(
  { json = false }: { readonly json?: boolean },
  { env, print }: Surroundings
): Promise<void> {
  const folder = createCheckpointFolder(setting(env, 'AUDIT_CHECKPOINT_DIR'))
  const keys = setting(env, 'AUDIT_SIGNING_KEY')
    .split(',')
    .map((reference) => readSecret(reference.trim(), env))
  const verifier = orSay(
    () => createCheckpointVerifier(keys),
    'AUDIT_SIGNING_KEY must name ed25519 keys (PEM)'
  )
  const secondPlace = await folder.readAll().catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The checkpoints in AUDIT_CHECKPOINT_DIR cannot be read (${error.code ?? error.name})`)
  })
  const report = await withDatabase(env, (database) => verifyAudit(database, verifier, secondPlace))
  if (json) print(JSON.stringify(report))
  else {
    print(
      `${report.chains} chains, ${report.rows} rows, ${report.notYetAttested} of them since the last checkpoint`
    )
    for (const { chainId, sequence, problem } of report.problems) {
      print(`${problem}: chain ${chainId}, row ${sequence}`)
    }
  }
  if (report.problems.length > 0) throw new Error('The audit log was altered: see the rows above')
  if (!json) print('Nothing was altered')
}

/** A library's own words would quote what they were given, or say nothing to whoever reads them. */
function orSay<Result>(work: () => Result, message: string): Result {
  try {
    return work()
  } catch {
    throw new Error(message)
  }
}

function setting(env: Environment, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`Set ${name}`)
  return value
}
