import { readJson } from './fetch-json.ts'

/** Whom the sandbox made up, or found in the records that it was given. */
export interface SandboxPerson {
  /** `ordinary`, or what is particular: `restricted`, `objecting`, … */
  readonly kind: string
  readonly nhsNumber: string
  readonly name: string
}

/** Who may read, with the names that demo.json gives their tokens. */
const roles = {
  clinician: 'clinician',
  socialCare: 'social-care-practitioner',
  clerical: 'clerical',
  dataQuality: 'data-quality',
  ops: 'ops'
} as const

export type DemoTokens = Readonly<Record<keyof typeof roles, string>>

/** A working day; the record API takes none that is older. */
const tokenLifetimeSeconds = 43_200

export const readPeople = (sandboxUrl: string) =>
  readJson<readonly SandboxPerson[]>('The sandbox', `${sandboxUrl}/control/people`)

/** The source catalogue of the sandbox's practices, as the services read it. */
export const readCatalogue = (sandboxUrl: string) =>
  readJson<{ readonly sources: readonly unknown[] }>('The sandbox', `${sandboxUrl}/control/catalogue`)

/** One token for each role; each start of the demo is a session of its own. */
export async function issueTokens(sandboxUrl: string, sessionId: string): Promise<DemoTokens> {
  const issue = async ([name, role]: readonly [string, string]) => {
    const body = { role, sessionId, expiresInSeconds: tokenLifetimeSeconds }
    const { token } = await readJson<{ token: string }>('The sandbox', `${sandboxUrl}/issuer/test-token`, {
      body
    })
    return [name, token] as const
  }
  return Object.fromEntries(await Promise.all(Object.entries(roles).map(issue))) as DemoTokens
}
