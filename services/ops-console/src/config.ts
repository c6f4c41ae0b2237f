import { SecretReference } from '@chesil/contracts'
import { databaseSettings, type Environment, loadConfig, operationsSettings } from '@chesil/service-kit'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })

export const Config = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Where HTTP is listened for' }),
  PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  PUBLIC_URL: Type.Optional(
    Url('The console as staff know it, without a trailing slash; default: where it listens')
  ),
  OIDC_ISSUER: Url('Who signs staff in, by OpenID Connect'),
  OIDC_CLIENT_ID: Type.String({ minLength: 1, description: 'As which the console asks it' }),
  OIDC_CLIENT_SECRET: Type.Optional(
    SecretReference('Secret reference: of that client; none for a public one, which has PKCE alone')
  ),
  OIDC_ROLES_CLAIM: Type.String({
    default: 'chesil_roles',
    description: 'Claim of the ID token that lists what somebody may do'
  }),
  OIDC_ROLE: Type.String({
    default: 'chesil-operator',
    minLength: 1,
    description: 'Whoever has it may come in'
  }),
  SESSION_SECRET: SecretReference('Secret reference: 32 characters or more, by which sessions are encrypted'),
  SESSION_MINUTES: Type.Integer({
    default: 480,
    minimum: 1,
    maximum: 1_440,
    description: 'After which staff sign in anew'
  }),
  PARTNER_KEYS_SECRET: SecretReference('Secret reference: as partner-gateway has it'),
  ALLOWED_ADDRESSES: Type.String({
    default: '',
    description: 'CIDR ranges, by commas, that the OIDC issuer may be at besides public addresses'
  }),
  TRUSTED_PROXIES: Type.String({
    default: '',
    description: 'Addresses or CIDR ranges, by commas, of proxies whose `X-Forwarded-For` is believed'
  }),
  ...databaseSettings(5),
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
