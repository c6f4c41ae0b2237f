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

/** What every source has, however its data comes. */
const common = {
  id: SourceId,
  odsCode: OdsCode,
  name: Type.String({ minLength: 1, description: 'As a reader knows it.' }),
  telephone: Type.Optional(Type.String({ description: 'Whom a reader rings about a withheld item.' })),
  releaseStage: Type.Enum(['planned', 'live', 'retired'], {
    description:
      'planned: named to readers, not asked. live: asked. retired: no longer asked; what it said stays.'
  }),
  agreement: Type.Optional(
    Type.String({ minLength: 1, description: 'The recorded agreement that allows `retention: store`.' })
  )
}

/** How a source is asked. */
const asking = {
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
}

/** A GP practice, asked over GP Connect. */
export const GpPractice = Type.Object(
  {
    ...common,
    kind: Type.Literal('gp-connect'),
    retention: Type.Enum(['session', 'store'], {
      description: 'session: shown to the reader it was asked for and purged. store: kept.'
    }),
    sessionMinutes: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 720,
      description:
        'For `retention: session`: how long, from its first pull on, one session may be shown what was said.'
    }),
    endpoint: Endpoint,
    ...asking
  },
  strict
)
export type GpPractice = Static<typeof GpPractice>

/**
 * What a source may send and Chesil does not keep: refused before it is mapped, its bytes purged, the refusal counted.
 * A value matches whole, but for `words`; always without regard to case.
 */
const DenyList = Type.Object(
  {
    treatmentFunctions: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          'NHS Data Dictionary treatment function codes. Absent: 360 (genitourinary medicine) and 504 (community sexual and reproductive health). Fertility and gender identity have none: name their clinics in `locations`.'
      })
    ),
    locations: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Wards and clinics, as the source names them.'
      })
    ),
    words: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          'Words in the name of a clinic, of a specialty or of a document. Absent: a short list for genitourinary medicine, fertility and gender identity, which is no substitute for `locations`.'
      })
    ),
    documentTypes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Codes of documents, local or SNOMED CT.' })
    )
  },
  strict
)
export type DenyList = Static<typeof DenyList>

/** What a hospital sends is kept: it cannot be asked for again. */
const sending = {
  ...common,
  retention: Type.Literal('store'),
  patientNumberSystem: Type.Optional(
    Type.String({
      pattern: '^(https?|urn):.+',
      description: 'Names the trust’s own patient numbers. Default: a URI made of the ODS code.'
    })
  ),
  refuse: Type.Optional(DenyList)
}

/** A system of a hospital that sends HL7 v2, over MLLP or HTTP. */
export const Hl7v2Sender = Type.Object(
  {
    ...sending,
    kind: Type.Literal('hl7v2'),
    senders: Type.Array(
      Type.Object(
        {
          application: Type.Optional(Type.String({ description: 'MSH-3.1; absent: any' })),
          facility: Type.String({ description: 'MSH-4.1; may be empty' })
        },
        strict
      ),
      { minItems: 1, description: 'Who speaks for this source. No other source may name the same.' }
    ),
    peers: Type.Optional(
      Type.Object(
        {
          addresses: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'CIDR ranges or addresses'
            })
          ),
          certificateNames: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'Common names of client certificates'
            })
          )
        },
        {
          ...strict,
          minProperties: 1,
          description:
            'From where its messages may come over MLLP; both, where both are named. Absent: from every peer that may connect, so that each of them could speak for this source.'
        }
      )
    ),
    patientNumberAuthorities: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Assigning authorities (PID-3.4.1) of the trust’s own numbers, beside its ODS code.'
      })
    ),
    characterSet: Type.Optional(
      Type.String({ minLength: 1, description: 'Where MSH-18 is empty; default UTF-8.' })
    )
  },
  strict
)
export type Hl7v2Sender = Static<typeof Hl7v2Sender>

/** An organisation that sends ITK3 documents. Its ODS code is what a message header names. */
export const Itk3Sender = Type.Object({ ...sending, kind: Type.Literal('itk3') }, strict)
export type Itk3Sender = Static<typeof Itk3Sender>

/** A system that pushes UK Core FHIR R4 resources of its own to the partner gateway. */
export const FhirSender = Type.Object(
  {
    ...sending,
    kind: Type.Literal('fhir-sender'),
    baseUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^/]+.*[^/]$',
        description: 'Its FHIR base without a trailing slash: references below it are its own.'
      })
    )
  },
  strict
)
export type FhirSender = Static<typeof FhirSender>

/** A hospital's UK Core FHIR R4 endpoint, asked by NHS number. */
export const FhirEndpoint = Type.Object(
  {
    ...common,
    kind: Type.Literal('fhir-r4'),
    retention: Type.Literal('store'),
    patientNumberSystem: sending.patientNumberSystem,
    refuse: sending.refuse,
    ask: Type.Enum(['everyone', 'known'], {
      default: 'known',
      description: 'everyone: at any read. known: for people of whom it, or the same trust, holds something.'
    }),
    endpoint: Type.Object(
      {
        baseUrl: Type.String({
          pattern: '^https?://[^/]+.*[^/]$',
          description: 'FHIR R4 base without a trailing slash'
        }),
        tokenUrl: Type.String({ pattern: '^https?://.+', description: 'OAuth 2 token endpoint' }),
        clientId: Type.String({ minLength: 1 }),
        privateKey: SecretReference('PEM, ours, for the client assertion'),
        keyId: Type.Optional(Type.String({ minLength: 1 })),
        keyAlgorithm: Type.Enum(['ES384', 'RS384', 'RS512'], { default: 'ES384' }),
        allowedAddresses: Type.Optional(
          Type.Array(Type.String(), { description: 'CIDR ranges besides public unicast addresses.' })
        ),
        certificateAuthority: Type.Optional(
          SecretReference('PEM: whom to trust instead of the usual authorities')
        )
      },
      strict
    ),
    types: Type.Array(
      Type.Enum([
        'AllergyIntolerance',
        'Appointment',
        'Condition',
        'DiagnosticReport',
        'DocumentReference',
        'Encounter',
        'Immunization',
        'MedicationRequest',
        'MedicationStatement',
        'Observation',
        'Procedure',
        'ServiceRequest'
      ]),
      { minItems: 1, uniqueItems: true, description: 'The resources this endpoint can be searched for.' }
    ),
    sweepMinutes: Type.Integer({
      default: 1_440,
      minimum: 1,
      description: 'An answer that asks only for what is new counts on a full list of ids no older than this.'
    }),
    ...asking
  },
  strict
)
export type FhirEndpoint = Static<typeof FhirEndpoint>

/** What councils, and hospitals of councils, send is kept: it cannot be asked for again. */
const sendingOfCare = {
  ...common,
  retention: Type.Literal('store'),
  patientNumberSystem: Type.Optional(
    Type.String({
      pattern: '^(https?|urn):.+',
      description: 'Names the organisation’s own person numbers. Default: a URI made of the ODS code.'
    })
  )
}

/** A council that sends Client Level Data: a file for each period. */
export const CldSender = Type.Object(
  {
    ...sendingOfCare,
    kind: Type.Literal('cld'),
    laCode: Type.String({
      pattern: '^[A-Za-z0-9]{1,12}$',
      description: 'As `LA_Code` has it, e.g. 810: rows of another council are rejected.'
    })
  },
  strict
)
export type CldSender = Static<typeof CldSender>

/** A hospital's exchange of assessment, discharge and withdrawal notices with councils: its notices, and their answers. */
export const AdwSender = Type.Object(
  {
    ...sendingOfCare,
    kind: Type.Literal('adw'),
    sites: Type.Optional(
      Type.Array(OdsCode, {
        uniqueItems: true,
        description: 'ODS codes of its sites that send by themselves.'
      })
    ),
    councils: Type.Array(OdsCode, {
      minItems: 1,
      uniqueItems: true,
      description: 'ODS codes of the councils that answer it: nobody else’s answer is taken.'
    })
  },
  strict
)
export type AdwSender = Static<typeof AdwSender>

/** An organisation that sends forms of PRSB's standards: About Me, care plans, Local Authority Information. */
export const PrsbSender = Type.Object({ ...sendingOfCare, kind: Type.Literal('prsb') }, strict)
export type PrsbSender = Static<typeof PrsbSender>

export type SocialCareSender = CldSender | AdwSender | PrsbSender

/** A council whose system is asked by NHS number: services, contacts, key worker, warnings (openapi/council-api.json). */
export const CouncilApi = Type.Object(
  {
    ...common,
    kind: Type.Literal('council-api'),
    retention: Type.Enum(['session', 'store'], {
      description: 'session: shown to the reader it was asked for and purged. store: kept.'
    }),
    sessionMinutes: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 720,
      description:
        'For `retention: session`: how long, from its first pull on, one session may be shown what was said.'
    }),
    patientNumberSystem: sendingOfCare.patientNumberSystem,
    ask: Type.Enum(['everyone', 'known'], {
      default: 'known',
      description:
        'everyone: at any read. known: for people of whom it, or the same council, holds something.'
    }),
    endpoint: Type.Object(
      {
        baseUrl: Type.String({
          pattern: '^https?://[^/]+.*[^/]$',
          description: 'Root of the council API without a trailing slash'
        }),
        tokenUrl: Type.String({ pattern: '^https?://.+', description: 'OAuth 2 token endpoint' }),
        clientId: Type.String({ minLength: 1 }),
        privateKey: SecretReference('PEM, ours, for the client assertion'),
        keyId: Type.Optional(Type.String({ minLength: 1 })),
        keyAlgorithm: Type.Enum(['ES384', 'RS384', 'RS512'], { default: 'ES384' }),
        allowedAddresses: Type.Optional(
          Type.Array(Type.String(), { description: 'CIDR ranges besides public unicast addresses.' })
        ),
        certificateAuthority: Type.Optional(
          SecretReference('PEM: whom to trust instead of the usual authorities')
        )
      },
      strict
    ),
    sweepMinutes: Type.Integer({
      default: 1_440,
      minimum: 1,
      description: 'An answer that asks only for what is new counts on a whole one no older than this.'
    }),
    ...asking
  },
  strict
)
export type CouncilApi = Static<typeof CouncilApi>

export type AskedSource = GpPractice | FhirEndpoint | CouncilApi

export const Source = Type.Union([
  GpPractice,
  Hl7v2Sender,
  Itk3Sender,
  FhirSender,
  FhirEndpoint,
  CldSender,
  AdwSender,
  PrsbSender,
  CouncilApi
])
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

/** Whether Chesil asks it; else it speaks of itself. */
export const isAsked = (source: Source): source is AskedSource =>
  source.kind === 'gp-connect' || source.kind === 'fhir-r4' || source.kind === 'council-api'

/**
 * For which sources a partner may speak.
 *
 * @param sourceIds It is registered for.
 * @returns those of them that are its own organisation's: the catalogue has the last word.
 */
export const ownSources = (
  { odsCode, sourceIds }: { readonly odsCode: string; readonly sourceIds: readonly string[] },
  { sources }: { readonly sources: readonly Source[] }
): readonly Source[] =>
  sources.filter((source) => source.odsCode === odsCode && sourceIds.includes(source.id))

export const SourceCatalogue = Type.Object(
  { sources: Type.Array(Source), readingOrganisations: Type.Array(ReadingOrganisation) },
  strict
)
export type SourceCatalogue = Static<typeof SourceCatalogue>
