export type { NoAnswer } from './authorised-source.ts'
export {
  type CouncilClient,
  type CouncilClientOptions,
  type CouncilFound,
  type CouncilSearch,
  createCouncilClient
} from './council-api/client.ts'
export type { CredentialMeans } from './credential-means.ts'
export {
  createFhirR4Client,
  type FhirR4Client,
  type FhirR4ClientOptions,
  type FhirR4Found,
  type FhirR4Pages,
  type FhirR4Search
} from './fhir-r4/client.ts'
export type { GpConnectFailure, GpConnectOutcome } from './gp-connect/answer.ts'
export {
  type Consumer,
  createGpConnectClient,
  type GpConnectClient,
  type GpConnectClientOptions,
  type GpConnectQuestion,
  type GpConnectReader,
  type TokenClaims
} from './gp-connect/client.ts'
export { openEndpoint } from './open-endpoint.ts'
export { isAddressRange } from './outbound/address-guard.ts'
export { type ExchangeFailure, findExchangeFailure } from './outbound/failure.ts'
export {
  type Answer,
  createOutbound,
  type ExchangeRequest,
  type Outbound,
  type OutboundFetch,
  type OutboundOptions
} from './outbound/outbound.ts'
export type { Confidentiality, Match, SearchOutcome, TraceOutcome } from './pds/answer.ts'
export {
  createPdsClient,
  type PdsClient,
  type PdsClientOptions,
  type PdsContext,
  type PdsSearch
} from './pds/client.ts'
export { createPds, type PdsSettings } from './pds/from-settings.ts'
export type { BreakerOptions, BreakerState } from './source-policy.ts'
