import { createSealing, type Environment, readSecret, type Sealing } from '@chesil/service-kit'

/** What partners' keys are sealed with. @throws Error where it is not set. */
export function sealingOf(env: Environment): Sealing {
  const reference = env['PARTNER_KEYS_SECRET']
  if (!reference) throw new Error('Set PARTNER_KEYS_SECRET as partner-gateway has it: env:NAME or file:/path')
  return createSealing(readSecret(reference, env))
}
