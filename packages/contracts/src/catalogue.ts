import { odsCodePattern } from '@chesil/fhir'
import Type, { type Static } from 'typebox'

/**
 * The organisations Chesil asks, as configuration: adding, changing or retiring one needs no code.
 * The file is checked as a whole at start; `npm run chesil -- sources check FILE` checks it beforehand.
 */
const strict = { additionalProperties: false }
const OdsCode = Type.String({ pattern: odsCodePattern })
const SourceId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,40}$',
  description: 'Ours, for ever: it is part of queue names and of every item’s identity.'
})

/** A secret is named, never written: `env:NAME` or `file:/absolute/path`. */
export const SecretReference = (description: string) =>
  Type.String({ pattern: '^(env:[A-Z_][A-Z0-9_]*|file:/.+)$', description })

const Endpoint = Type.Object(
  {
    baseUrl: Type.String({
      pattern: '^https?://[^/]+.*[^/]$',
      description: 'GP Connect FHIR root without a trailing slash, e.g. https://host/A81001/STU3/1/gpconnect'
    }),
    asid: Type.String({ pattern: '^[0-9]{1,20}$', description: 'The provider’s ASID, for Ssp-To.' }),
    interactions: Type.Array(Type.Enum(['structured', 'documents']), {
      minItems: 1,
      uniqueItems: true,
      description: 'The GP Connect capabilities this practice has switched on.'
    }),
    proxyUrl: Type.Optional(
      Type.String({ pattern: '^https?://.+', description: 'Spine Secure Proxy, put before the address.' })
    ),
    allowedAddresses: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'CIDR ranges that this endpoint may resolve to besides public unicast addresses, e.g. an HSCN range.'
      })
    ),
    clientCertificate: Type.Optional(
      Type.Object(
        {
          certificate: SecretReference('PEM, ours, for mutual TLS'),
          key: SecretReference('PEM, its private key')
        },
        strict
      )
    ),
    certificateAuthority: Type.Optional(
      SecretReference('PEM: whom to trust instead of the usual authorities')
    )
  },
  strict
)

export const Source = Type.Object(
  {
    id: SourceId,
    kind: Type.Enum(['gp-connect']),
    odsCode: OdsCode,
    name: Type.String({ minLength: 1, description: 'As a reader knows it.' }),
    telephone: Type.Optional(Type.String({ description: 'Whom a reader rings about a withheld item.' })),
    releaseStage: Type.Enum(['planned', 'live', 'retired'], {
      description:
        'planned: named to readers, not asked. live: asked. retired: no longer asked; what it said stays.'
    }),
    retention: Type.Enum(['session', 'store'], {
      description: 'session: shown to the reader it was asked for and purged. store: kept.'
    }),
    agreement: Type.Optional(
      Type.String({ minLength: 1, description: 'The recorded agreement that allows `retention: store`.' })
    ),
    sessionMinutes: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 720,
      description:
        'For `retention: session`: how long, from its first pull on, one session may be shown what was said.'
    }),
    endpoint: Endpoint,
    timeoutMs: Type.Integer({ default: 5_000, minimum: 100, maximum: 60_000 }),
    maxAnswerBytes: Type.Integer({
      default: 67_108_864,
      minimum: 1_024,
      description: 'After decompression.'
    }),
    concurrency: Type.Integer({ default: 4, minimum: 1, maximum: 64 }),
    refreshMinutes: Type.Integer({
      default: 60,
      minimum: 1,
      description: 'An answer older than this is asked for again when somebody reads.'
    })
  },
  strict
)
export type Source = Static<typeof Source>

/** An organisation whose staff read Chesil. GP Connect wants the end user's own ASID, not that of the record's host. */
export const ReadingOrganisation = Type.Object(
  {
    odsCode: OdsCode,
    name: Type.String({ minLength: 1 }),
    asid: Type.String({ pattern: '^[0-9]{1,20}$', description: 'For Ssp-From.' })
  },
  strict
)
export type ReadingOrganisation = Static<typeof ReadingOrganisation>

export const SourceCatalogue = Type.Object(
  { sources: Type.Array(Source), readingOrganisations: Type.Array(ReadingOrganisation) },
  strict
)
export type SourceCatalogue = Static<typeof SourceCatalogue>
