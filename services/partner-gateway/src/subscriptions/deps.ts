import type { Database } from '@chesil/record-store'
import type { AuthenticationDeps } from '../partners/authenticate.ts'
import type { Authorisation, EventToTell } from './authorise-event.ts'
import type { SubscriptionAudit } from './subscription-audit.ts'

/** What routes of subscriptions need. */
export interface SubscriptionRoutesDeps extends AuthenticationDeps {
  readonly database: Database
  readonly authorise: (event: EventToTell) => Promise<Authorisation>
  readonly audit: SubscriptionAudit
  readonly newId: () => string
  /** Of this service as partners know it, without a trailing slash. */
  readonly publicUrl: () => string
  /** FHIR base of the record, where what is named can be read. */
  readonly recordBase: string
}

export const gatewayBase = ({ publicUrl }: Pick<SubscriptionRoutesDeps, 'publicUrl'>): string =>
  `${publicUrl()}/fhir`

/** So many that are not off. */
export const mostSubscriptions = 100
/** Of one subscription. */
export const mostPersons = 10_000
