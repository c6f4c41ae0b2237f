import { type Environment, readSecret } from '@chesil/service-kit'
import type { readConfig } from './config.ts'

/**
 * @returns `undefined` where MLLP goes without TLS.
 * @throws Error where only part of what TLS needs is there.
 */
export function readTls(config: ReturnType<typeof readConfig>, env: Environment) {
  const secret = (reference: string | undefined) =>
    reference === undefined ? undefined : readSecret(reference, env)
  const certificate = secret(config.MLLP_TLS_CERTIFICATE)
  const key = secret(config.MLLP_TLS_KEY)
  const clientAuthority = secret(config.MLLP_TLS_CA)
  if ((certificate === undefined) !== (key === undefined) || (clientAuthority !== undefined && !certificate))
    throw new Error('MLLP_TLS_CERTIFICATE and MLLP_TLS_KEY go together, and MLLP_TLS_CA goes with them')
  if (certificate === undefined || key === undefined) return undefined
  return { certificate, key, ...(clientAuthority !== undefined && { clientAuthority }) }
}
