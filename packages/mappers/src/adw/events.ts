import events from './tables/events.json' with { type: 'json' }

/** What a hospital asks a council for. */
export type RequestKind = 'assessment' | 'discharge'

/** What a message says, by the SNOMED CT code of its event. */
export interface AdwEvent {
  readonly says:
    | 'request'
    | 'withdrawal'
    | 'accept'
    | 'reject'
    | 'accept-withdrawal'
    | 'reject-withdrawal'
    | 'admission'
  /** Of an answer to a withdrawal the first: its code does not tell what was withdrawn. */
  readonly of: readonly RequestKind[]
  /** Codes of the answers to it. */
  readonly accept?: string
  readonly reject?: string
}

/** @see https://nhsconnect.github.io/FHIR-ADW-Messaging/Generated/Profile.ADW-AssessmentNotice/adw-messageevent-1.html */
const eventsByCode: ReadonlyMap<string, AdwEvent> = new Map(
  Object.entries(events as Readonly<Record<string, AdwEvent>>)
)

/** The code of the notice by which a hospital asks. */
export const requestCodes: Readonly<Record<RequestKind, string>> = {
  assessment: '975701000000106',
  discharge: '975731000000100'
}

export const findEvent = (code: string | undefined): AdwEvent | undefined => eventsByCode.get(code ?? '')

/** Whether a council sends it: about the stay it repeats what it was told. */
export const isAnswer = ({ says }: AdwEvent): boolean => /^(accept|reject)/.test(says)
