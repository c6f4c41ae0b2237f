import { SecretReference } from '@chesil/contracts'
import {
  databaseSettings,
  type Environment,
  loadConfig,
  operationsSettings,
  queueSettings
} from '@chesil/service-kit'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })

export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Where HTTP is listened for' }),
  PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  TOKEN_ISSUER: Url('`iss` of the tokens that sending systems bring'),
  TOKEN_AUDIENCE: Type.String({ minLength: 1, description: '`aud` of those tokens: this service' }),
  TOKEN_JWKS_URL: Url('Where the issuer publishes its keys'),
  TOKEN_MAX_AGE_SECONDS: Type.Integer({
    default: 43_200,
    minimum: 60,
    description: 'Since `iat`, whatever `exp` says'
  }),
  ALLOWED_ADDRESSES: Type.String({
    default: '',
    description: 'CIDR ranges, by commas, that the token issuer may be at besides public addresses'
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'Addresses or CIDR ranges, by commas, of proxies whose `X-Forwarded-For` is believed'
  }),
  MAX_MESSAGE_BYTES: Type.Integer({
    default: 16_777_216,
    minimum: 1_024,
    maximum: 268_435_456,
    description: 'Of one notice or form'
  }),
  MAX_FILE_BYTES: Type.Integer({
    default: 4_294_967_296,
    minimum: 1_024,
    description: 'Of a file of Client Level Data, unpacked'
  }),
  MAX_FILES: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 16,
    description: 'Files read at once; each has a connection to PostgreSQL'
  }),
  UPLOAD_MS: Type.Integer({
    default: 1_800_000,
    minimum: 1_000,
    description: 'Time for a file to arrive whole'
  }),
  CLD_FOLDER: Type.Optional(
    Type.String({ description: 'Where files are dropped: a folder for each council; absent: none' })
  ),
  CLD_POLL_MS: Type.Integer({ default: 10_000, minimum: 100, description: 'Between two looks into it' }),
  CLD_QUIET_MS: Type.Integer({
    default: 120_000,
    minimum: 0,
    maximum: 86_400_000,
    description: 'A file there is taken once nothing was written to it for so long'
  }),
  CLD_KEEP_DAYS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3_650,
    description: 'How long reports, and files that were refused, are kept there'
  }),
  MAP_CONCURRENCY: Type.Integer({ default: 2, minimum: 1, description: 'Messages mapped at once' }),
  LEASE_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    description: 'How long a worker may hold a message, or a batch of persons of a submission'
  }),
  PREFLIGHT_KEY: Type.Optional(
    SecretReference(
      'Secret reference: `whsec_…` that the partner gateway signs its questions with; absent: it asks none'
    )
  ),
  ...databaseSettings(10),
  ...queueSettings,
  SOURCES_FILE: Type.String({ minLength: 1, description: 'The source catalogue, JSON' }),
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
