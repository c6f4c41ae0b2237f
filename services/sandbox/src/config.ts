import { type Environment, loadConfig } from '@chesil/service-kit'
import Type, { type Static } from 'typebox'

export const Config = Type.Object({
  NODE_ENV: Type.String({ default: 'development' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 3090, minimum: 0, maximum: 65_535, description: '0 for a free one' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]+(/.*[^/])?$',
      description: 'Where others reach it, without a trailing slash; default the address it listens on'
    })
  ),
  SANDBOX_SEED: Type.String({ default: 'chesil', description: 'The same seed makes the same people' }),
  SANDBOX_PEOPLE: Type.Integer({
    default: 25,
    minimum: 0,
    maximum: 20_000,
    description: 'Ordinary people, beside one of each particular kind'
  }),
  SANDBOX_PRACTICES: Type.Integer({ default: 5, minimum: 2, maximum: 153 }),
  SANDBOX_AS_AT: Type.Optional(
    Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'The day up to which records tell; default the day it starts'
    })
  ),
  RECORD_SIZES: Type.String({
    default: '30,60,100,40,250,60,30,500',
    pattern: '^[0-9]{1,5}(,[0-9]{1,5})*$',
    description: 'Entries of a record, given to the people in turn'
  }),
  GP_RECORDS: Type.Optional(
    Type.String({ description: 'A folder of GP Connect records to serve in place of synthetic people' })
  ),
  PDS_REQUESTS_PER_SECOND: Type.Number({ default: 5, minimum: 0.1 }),
  PDS_MAX_MATCHES: Type.Integer({ default: 1, minimum: 1, maximum: 50 }),
  PDS_CLIENT_ID: Type.String({ default: 'chesil' }),
  PDS_CLIENT_JWK: Type.Optional(
    Type.String({ description: 'Public JWK or JWK set of the client that may ask PDS' })
  ),
  PDS_CLIENT_JWK_FILE: Type.Optional(Type.String({ description: 'A file with the same' })),
  SANDBOX_TRUSTS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 3,
    description: 'Hospital trusts, in the catalogue and under /trusts'
  }),
  SANDBOX_COUNCILS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 3,
    description: 'Councils, in the catalogue and under /councils'
  }),
  TRUST_CLIENT_KEY: Type.String({
    default: 'env:TRUST_CLIENT_KEY',
    pattern: '^(env:[A-Z_][A-Z0-9_]*|file:/.+)$',
    description: 'How the catalogue names the private key of the client that may ask PDS, trusts and councils'
  }),
  ISSUER_KEY_FILE: Type.Optional(
    Type.String({ description: 'Private key (PEM or JWK) of the token issuer; default a new one each time' })
  ),
  TOKEN_AUDIENCE: Type.String({
    default: 'https://record.example/fhir/R4',
    description: 'The `aud` of readers’ tokens when the request for one names none'
  })
})
export type Config = Static<typeof Config>

/** @throws Error when a setting is wrong, and in production: whoever controls the sandbox controls what it says. */
export function readConfig(env: Environment): Config {
  const config = loadConfig(Config, env)
  if (config.NODE_ENV === 'production') {
    throw new Error('The sandbox simulates sources and hands out tokens: it does not run in production')
  }
  return config
}
