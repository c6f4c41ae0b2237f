export { type AssertionVerifierOptions, createAssertionVerifier } from './assertion-verifier.ts'
export type { Claims } from './claims.ts'
export { type ClientAssertionOptions, createClientAssertion } from './client-assertion.ts'
export { type ClientCredentials, createClientCredentials } from './client-credentials.ts'
export type { Fetch, FetchInit } from './fetch.ts'
export { type GpConnectClaims, unsignedGpConnectToken, unsignedToken } from './gp-connect-token.ts'
export { claimsToReader, type Reader } from './reader.ts'
export { findTokenRefusal, type TokenRefusal } from './refusal.ts'
export { findScope, grants, type Interaction, parseScopes, type Scope, type ScopeContext } from './scopes.ts'
export {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  type KeyName,
  type SignAlgorithm,
  type SigningKey
} from './signing-key.ts'
export { createTokenIssuer, type IssueOptions, type TokenIssuerOptions } from './token-issuer.ts'
export { createTokenSource, type TokenSourceOptions } from './token-source.ts'
export { createTokenVerifier, type TokenVerifierOptions, type VerifyAlgorithm } from './token-verifier.ts'
