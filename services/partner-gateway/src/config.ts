import { SecretReference } from '@chesil/contracts'
import { databaseSettings, type Environment, loadConfig, operationsSettings } from '@chesil/service-kit'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })

export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Where HTTP is listened for' }),
  PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  PUBLIC_URL: Type.Optional(
    Url('The gateway as partners know it, without a trailing slash; default: where it listens')
  ),
  PARTNER_KEYS_SECRET: SecretReference(
    'Secret reference: 32 characters or more that partners’ keys are sealed with; the same on every replica'
  ),
  RECORD_URL: Url(
    'FHIR base of record-api as partners know it, for what notifications name; no trailing slash'
  ),
  SENSITIVE_CODES_FILE: Type.Optional(
    Type.String({ description: 'Codes that make an item sensitive: JSON object of code to label' })
  ),
  AUDIT_SIGNING_KEY: SecretReference('Secret reference: ed25519 private key (PEM)'),
  AUDIT_CHECKPOINT_DIR: Type.String({
    minLength: 1,
    description: 'Folder for signed audit checkpoints: not on the database’s disk'
  }),
  TOKEN_ISSUER: Url('`iss` of the tokens that partners may bring in place of a signature'),
  TOKEN_AUDIENCE: Type.String({ minLength: 1, description: '`aud` of those tokens: this service' }),
  TOKEN_JWKS_URL: Url('Where the issuer publishes its keys'),
  TOKEN_MAX_AGE_SECONDS: Type.Integer({
    default: 43_200,
    minimum: 60,
    description: 'Since `iat`, whatever `exp` says'
  }),
  ALLOWED_ADDRESSES: Type.String({
    default: '',
    description:
      'CIDR ranges, by commas, that the token issuer and the adapters may be at besides public addresses'
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'Addresses or CIDR ranges, by commas, of proxies whose `X-Forwarded-For` is believed'
  }),
  MAX_BODY_BYTES: Type.Integer({
    default: 4_194_304,
    minimum: 1_024,
    maximum: 67_108_864,
    description: 'Of one event'
  }),
  PARTNER_REQUESTS_PER_MINUTE: Type.Integer({
    default: 30_000,
    minimum: 1,
    description: 'Of one partner, at one replica; what is more is answered 429'
  }),
  ADDRESS_REQUESTS_PER_MINUTE: Type.Integer({
    default: 60_000,
    minimum: 1,
    description: 'From one address, at one replica, whoever asks'
  }),
  TOLERANCE_SECONDS: Type.Integer({
    default: 300,
    minimum: 1,
    maximum: 3_600,
    description: 'How far the time of a signature may be from ours'
  }),
  LEASE_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    description: 'How long a process may hold an event before another takes it'
  }),
  DELIVERY_TIMEOUT_MS: Type.Integer({
    default: 15_000,
    minimum: 100,
    maximum: 60_000,
    description: 'How long a subscriber may take to answer'
  }),
  DELIVERIES_AT_ONCE: Type.Integer({
    default: 128,
    minimum: 1,
    description: 'Notifications under way at this replica; of one subscription at most 4, at all replicas'
  }),
  ACUTE_ADAPTER_URL: Type.Optional(
    Url('Where acute-adapter listens, asked by preflights; without a trailing slash')
  ),
  SOCIAL_CARE_ADAPTER_URL: Type.Optional(
    Url('Where social-care-adapter listens, asked by preflights; without a trailing slash')
  ),
  PREFLIGHT_KEY: Type.Optional(
    SecretReference('Secret reference: `whsec_…` that preflights are signed with, as the adapters have it')
  ),
  SOURCES_FILE: Type.String({ minLength: 1, description: 'The source catalogue, JSON' }),
  ...databaseSettings(20),
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
