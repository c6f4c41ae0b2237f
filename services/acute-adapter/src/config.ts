import { SecretReference } from '@chesil/contracts'
import { odsCodePattern } from '@chesil/fhir'
import {
  databaseSettings,
  type Environment,
  loadConfig,
  operationsSettings,
  queueSettings
} from '@chesil/service-kit'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })
const Port = () => Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' })

export const Config = Type.Object({
  MLLP_HOST: Type.String({ default: '127.0.0.1', description: 'Where HL7 v2 is listened for' }),
  MLLP_PORT: Port(),
  MLLP_ALLOWED_PEERS: Type.String({
    default: '',
    description: 'CIDR ranges, by commas, that may connect; none: this machine only'
  }),
  MLLP_TLS_CERTIFICATE: Type.Optional(
    SecretReference('Secret reference: our certificate (PEM); absent: no TLS')
  ),
  MLLP_TLS_KEY: Type.Optional(SecretReference('Secret reference: its private key (PEM)')),
  MLLP_TLS_CA: Type.Optional(
    SecretReference('Secret reference: whose certificates peers must show (PEM); absent: none')
  ),
  MLLP_MAX_CONNECTIONS: Type.Integer({ default: 256, minimum: 1, description: 'Connections at once' }),
  MLLP_MAX_CONNECTIONS_PER_PEER: Type.Integer({
    default: 64,
    minimum: 1,
    description: 'Of one address'
  }),
  MLLP_MAX_HELD_BYTES: Type.Integer({
    default: 134_217_728,
    minimum: 65_536,
    description: 'Of all MLLP connections together'
  }),
  MLLP_MAX_HELD_BYTES_PER_PEER: Type.Integer({
    default: 50_331_648,
    minimum: 65_536,
    description: 'Of the connections of one address'
  }),
  MLLP_MAX_BYTES_PER_SECOND: Type.Integer({
    default: 2_097_152,
    minimum: 65_536,
    description: 'Of one connection; a message counts for 1 KiB at least'
  }),
  MLLP_IDLE_MS: Type.Integer({
    default: 3_600_000,
    minimum: 1_000,
    description: 'A connection silent for so long is ended'
  }),
  MLLP_FRAME_MS: Type.Integer({
    default: 30_000,
    minimum: 100,
    description: 'Time for a message to arrive whole'
  }),
  MAX_MESSAGE_BYTES: Type.Integer({
    default: 16_777_216,
    minimum: 1_024,
    maximum: 268_435_456,
    description: 'Of one message, over MLLP, HTTP or in the mailbox'
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'Where HTTP is listened for' }),
  PORT: Port(),
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
  ORGANISATION: Type.String({
    pattern: odsCodePattern,
    description: 'ODS code of who runs this record: it acknowledges'
  }),
  ITK3_MAILBOX_DIR: Type.Optional(
    Type.String({ description: 'Folder of a MESH mailbox: messages are taken from `in`; absent: none' })
  ),
  ITK3_POLL_MS: Type.Integer({ default: 5_000, minimum: 100, description: 'Between two looks into it' }),
  ITK3_KEEP_DAYS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3_650,
    description: 'How long messages of the mailbox that were refused are kept'
  }),
  MAP_CONCURRENCY: Type.Integer({ default: 8, minimum: 1, description: 'Messages mapped at once' }),
  LEASE_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    description: 'How long a worker may hold a message'
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
