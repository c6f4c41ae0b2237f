import Type, { type Static } from 'typebox'

/**
 * What a partner system may send to the gateway, by what maps it.
 *
 * - `fhir`: a FHIR R4 resource, or a transaction, message or collection Bundle of them
 * - `hl7v2`: an HL7 v2 message
 * - `cld`: rows of Client Level Data, a whole submission for their period
 * - `person-changed`: no content; whom to ask its source about
 */
export const webhookForms = ['fhir', 'hl7v2', 'cld', 'person-changed'] as const
export type WebhookForm = (typeof webhookForms)[number]

/** Who takes an accepted event of a form in at its door. */
export type WebhookTaker = 'acute-adapter' | 'social-care-adapter' | 'partner-gateway'

export const webhookTakers: Readonly<Record<WebhookForm, WebhookTaker>> = {
  fhir: 'acute-adapter',
  hl7v2: 'acute-adapter',
  cld: 'social-care-adapter',
  'person-changed': 'partner-gateway'
}

/** Where something is wrong in what a partner sent: never what stands there. */
export interface WebhookIssue {
  /** A constant phrase that says what to do. */
  readonly text: string
  /** FHIRPath, HL7 v2 path (`PID-3`), or `line 7`. */
  readonly expression?: string
}

/** A version of an item that its partner counted and that has not come. */
export interface VersionGap {
  /** As the partner names it, e.g. `Observation/o1`. */
  readonly item: string
  /** Versions between the first and the last that came. */
  readonly missing: readonly number[]
}

const Issue = Type.Object({ text: Type.String(), expression: Type.Optional(Type.String()) })

/** What would become of an event, if it was sent. Nothing of it is kept. */
export const Preflight = Type.Object({
  outcome: Type.Enum(['taken', 'denied', 'rejected'], {
    description: 'denied: its source does not share such content, and nothing would be kept'
  }),
  reason: Type.Optional(Type.String({ description: 'A code: why it would be rejected' })),
  issues: Type.Array(Issue),
  gaps: Type.Array(Type.Object({ item: Type.String(), missing: Type.Array(Type.Integer()) })),
  denied: Type.Integer({
    minimum: 0,
    description: 'Items that your agreement leaves out: they would not be kept'
  }),
  persons: Type.Array(
    Type.Object({
      isKnown: Type.Boolean({ description: 'Your source has told of this person before' }),
      items: Type.Array(
        Type.Object({
          item: Type.String({ description: 'As you name it' }),
          would: Type.Enum(['create', 'update', 'withdraw', 'change-nothing', 'reject']),
          issues: Type.Array(Issue)
        })
      )
    }),
    { description: 'Those whom it is about, in the order in which it names them' }
  ),
  report: Type.Optional(
    Type.Unknown({ description: 'Of Client Level Data: as a dry run at the council’s door answers' })
  )
})
export type Preflight = Static<typeof Preflight>
