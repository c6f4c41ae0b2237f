import type { QuarantineReason, RefusalReason } from '@chesil/contracts'

/** A message as a trust's engine sends it, and what is to become of it. */
export interface HospitalMessage {
  /** Unique within the day: story, person and step, e.g. `inpatient-3/2-A02`; holds nothing of a person. */
  readonly name: string
  /** e.g. `ADT^A01` */
  readonly event: string
  readonly controlId: string
  /** When the engine sends it, `YYYYMMDDHHMMSS` in London. */
  readonly sentAt: string
  /** When the trust's system recorded it (MSH-7, EVN-2): its place in the source's own order. */
  readonly recordedAt: string
  /** Segments, each ended by CR. */
  readonly text: string
  /** How it is written down as bytes; MSH-18 says the same. */
  readonly charset: 'utf-8' | 'latin1'
  /** See `HospitalPatient.personKey`. */
  readonly personKey: string
  readonly expectation: Expectation
}

/**
 * What one message leads to, once the person is traced and all before it have come.
 *
 * - `applied`: it changes the record
 * - `repeated`: the same again; acknowledged, and without effect
 * - `conflicting`: another message has its control id; kept apart and flagged
 * - `refused`: not kept at all
 * - `quarantined`: kept, and nothing of it is shown
 * - `unprocessed`: kept and shown to operators; the person's completeness says so
 */
export interface Expectation {
  readonly effect: 'applied' | 'repeated' | 'conflicting' | 'refused' | 'quarantined' | 'unprocessed'
  readonly reason?: QuarantineReason | RefusalReason
  /** The items it tells of, as they stand after it. */
  readonly items: readonly ExpectedItem[]
  readonly identity?: ExpectedIdentity
}

export interface ExpectedItem {
  readonly resourceType:
    | 'AllergyIntolerance'
    | 'Appointment'
    | 'Condition'
    | 'DiagnosticReport'
    | 'DocumentReference'
    | 'Encounter'
    | 'Observation'
    | 'Patient'
    | 'Procedure'
  /** The source's own: visit, filler order, document, appointment or patient number; else the code. */
  readonly key: string
  /** Whether a reader of the person's record sees it. */
  readonly shown: boolean
  readonly status?: string
  /** A text that stands somewhere in it. */
  readonly contains?: string
  /** A text that stood in it and does not any more. */
  readonly lacks?: string
}

/** `from` and `into` are person keys. */
export interface ExpectedIdentity {
  readonly kind: 'merge' | 'link' | 'unlink'
  readonly from: string
  readonly into: string
}

/**
 * What each person's record holds once every message has come, in whatever order.
 *
 * @returns by person key; who was merged into another is not there any more.
 */
export function expectedRecords(
  messages: readonly HospitalMessage[]
): ReadonlyMap<string, readonly ExpectedItem[]> {
  const inSourceOrder = [...messages].sort((a, b) => compare(a.recordedAt, b.recordedAt))
  const applied = inSourceOrder.filter(({ expectation }) => expectation.effect === 'applied')
  const leadsTo = identitiesIn(applied)
  const records = new Map<string, Map<string, ExpectedItem>>()
  for (const { personKey, expectation } of applied) {
    const key = leadsTo(personKey)
    const record = records.get(key) ?? new Map<string, ExpectedItem>()
    for (const item of expectation.items) record.set(`${item.resourceType} ${item.key}`, item)
    records.set(key, record)
  }
  return new Map([...records].map(([key, items]) => [key, [...items.values()]]))
}

function identitiesIn(messages: readonly HospitalMessage[]): (personKey: string) => string {
  const into = new Map<string, string>()
  for (const { expectation } of messages) {
    const { identity } = expectation
    if (identity?.kind === 'unlink') into.delete(identity.from)
    else if (identity) into.set(identity.from, identity.into)
  }
  return (personKey) => into.get(personKey) ?? personKey
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
