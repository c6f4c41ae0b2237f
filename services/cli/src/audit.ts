import {
  type AuditVerification,
  createCheckpointFolder,
  createCheckpointVerifier,
  verifyAudit
} from '@chesil/record-store'
import { type Environment, readSecret } from '@chesil/service-kit'
import { withDatabase } from './database.ts'
import type { Surroundings } from './program.ts'

/** Not proof that somebody altered the log, and not proof that nobody did. */
export class AuditInDoubt extends Error {
  override readonly name = 'AuditInDoubt'
}

/**
 * `chesil audit verify`. Settings: DATABASE_URL, AUDIT_CHECKPOINT_DIR and AUDIT_SIGNING_KEY, the secret
 * reference of the key (its public half is enough; several by commas, for keys used before).
 *
 * @throws Error when anything was altered or could not be checked.
 * @throws AuditInDoubt when nothing was seen to be altered, and something is without a checkpoint that should have one.
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
  else for (const line of inWords(report)) print(line)
  if (report.problems.length > 0) throw new Error('The audit log was altered: see the rows above')
  if (report.doubts.length > 0) {
    throw new AuditInDoubt(
      'Nothing is seen to be altered, but no checkpoint vouches for what is named above: a process was killed there, or somebody added or removed rows. Compare the times with when processes ended'
    )
  }
  if (!json) print('Nothing was altered')
}

function inWords({ chains, rows, notYetAttested, problems, doubts }: AuditVerification): readonly string[] {
  return [
    `${chains} chains, ${rows} rows, ${notYetAttested} of them since the last checkpoint`,
    ...problems.map(({ problem, chainId, sequence }) => `${problem}: chain ${chainId}, row ${sequence}`),
    ...doubts.map(
      ({ doubt, chainId, sequence, since }) =>
        `${doubt}: chain ${chainId}, from row ${sequence}, since ${since}`
    )
  ]
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
