import {
  createEndpointDesk,
  createKeyDesk,
  createPartnerDesk,
  createSubscriptionDesk
} from '@chesil/partner-desk'
import type { Database } from '@chesil/record-store'
import { createSealing, type Environment, readSecret, type Sealing } from '@chesil/service-kit'
import { withDatabase } from './database.ts'

export const decided = ['--by <who>', 'who decides so, such as a user id or a ticket'] as const

export const atPartners = <Result>(
  env: Environment,
  work: (desk: ReturnType<typeof createPartnerDesk>) => Promise<Result>
): Promise<Result> => withDatabase(env, (database) => work(createPartnerDesk(database)))

export const atKeys = <Result>(
  env: Environment,
  work: (desk: ReturnType<typeof createKeyDesk>) => Promise<Result>
): Promise<Result> => withDatabase(env, (database) => work(createKeyDesk(sealed(database, env))))

export const atEndpoints = <Result>(
  env: Environment,
  work: (desk: ReturnType<typeof createEndpointDesk>) => Promise<Result>
): Promise<Result> => withDatabase(env, (database) => work(createEndpointDesk(sealed(database, env))))

export const atSubscriptions = <Result>(
  env: Environment,
  work: (desk: ReturnType<typeof createSubscriptionDesk>, database: Database) => Promise<Result>
): Promise<Result> => withDatabase(env, (database) => work(createSubscriptionDesk(database), database))

/** Partners' keys are opened and sealed only where somebody asks for it: the rest works without the secret. */
function sealed(database: Database, env: Environment) {
  const sealing = (): Sealing => {
    const reference = env['PARTNER_KEYS_SECRET']
    if (!reference)
      throw new Error('Set PARTNER_KEYS_SECRET as partner-gateway has it: env:NAME or file:/path')
    return createSealing(readSecret(reference, env))
  }
  return {
    database,
    sealing: {
      seal: (...what: Parameters<Sealing['seal']>) => sealing().seal(...what),
      open: (...what: Parameters<Sealing['open']>) => sealing().open(...what)
    }
  }
}
