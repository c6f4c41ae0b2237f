import type { Claims } from '@chesil/access-tokens'
import type { SensitiveCodes } from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { Database, Ids } from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import type { AuditTrail } from './access/audit-trail.ts'
import type { Cursors } from './http/cursors.ts'
import type { PullWatch } from './person/pull-watch.ts'
import type { States } from './person/states.ts'
import type { Tracing } from './person/tracing.ts'
import type { PersonViews } from './view/person-view.ts'

/** Requests a minute, in this process. */
export interface Limits {
  /** Of one reader, whatever tokens they bring. */
  readonly perReader: number
  /** From one address, good tokens or not. */
  readonly perAddress: number
}

/** What the routes need from outside; `main.ts` makes the real ones. */
export interface Deps {
  readonly log: Logger
  readonly database: Database
  readonly catalogue: SourceCatalogue
  readonly sensitiveCodes: SensitiveCodes
  /** @throws OutcomeError `unauthenticated`. */
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly audit: AuditTrail
  readonly tracing: Tracing
  readonly states: States
  readonly views: PersonViews
  readonly pulls: Pick<PullWatch, 'until'>
  readonly cursors: Cursors
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  /** The FHIR base as readers know it, without a trailing slash. */
  readonly baseUrl: () => string
  readonly limits: Limits
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly onRefused: (reason: string) => void
}
