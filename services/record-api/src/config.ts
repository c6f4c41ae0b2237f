import { SecretReference } from '@chesil/contracts'
import {
  databaseSettings,
  type Environment,
  loadConfig,
  operationsSettings,
  pdsSettings
} from '@chesil/service-kit'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })

export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  PUBLIC_URL: Type.Optional(
    Url('The FHIR base as readers know it, without a trailing slash; default: where it listens')
  ),
  ...databaseSettings(20),
  SOURCES_FILE: Type.String({ minLength: 1, description: 'The source catalogue, JSON' }),
  SENSITIVE_CODES_FILE: Type.Optional(
    Type.String({ description: 'Codes that make an item sensitive: JSON object of code to label' })
  ),
  TOKEN_ISSUER: Url('`iss` of the tokens that readers bring'),
  TOKEN_AUDIENCE: Type.String({ minLength: 1, description: '`aud` of those tokens: this API' }),
  TOKEN_JWKS_URL: Url('Where the issuer publishes its keys'),
  TOKEN_MAX_AGE_SECONDS: Type.Integer({
    default: 43_200,
    minimum: 60,
    description: 'Since `iat`, whatever `exp` says'
  }),
  ...pdsSettings,
  CURSOR_KEY: SecretReference('Secret reference: signs page cursors; the same on every replica'),
  AUDIT_SIGNING_KEY: SecretReference('Secret reference: ed25519 private key (PEM)'),
  AUDIT_CHECKPOINT_DIR: Type.String({
    minLength: 1,
    description: 'Folder for signed audit checkpoints: not on the database’s disk'
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({ default: 1_200, minimum: 1, description: 'Requests of one reader' }),
  ADDRESS_RATE_LIMIT_PER_MINUTE: Type.Integer({
    default: 12_000,
    minimum: 1,
    description: 'Requests from one address, good tokens or not'
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'Addresses or CIDR ranges, by commas, of proxies whose `X-Forwarded-For` is believed'
  }),
  VIEW_CACHE_BYTES: Type.Integer({
    default: 33_554_432,
    minimum: 0,
    description: 'Memory for views of persons read lately'
  }),
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
