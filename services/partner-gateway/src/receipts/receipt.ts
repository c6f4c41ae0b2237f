import { type VersionGap, webhookForms } from '@chesil/contracts'
import type { ToldPerson, WebhookFacts, WebhookMessageFacts, WebhookPartFacts } from '@chesil/record-store'
import Type, { type Static } from 'typebox'

/**
 * - `accepted`: committed; its adapter has yet to take it, or to map it, or a source has yet to answer
 * - `mapped`: FHIR has been made of it
 * - `applied`: done; whether readers see it is not told, for that would tell of the person
 * - `visible`: done, and readers see it
 * - `quarantined`: none of it was let in; see `quarantined` for why
 * - `rejected`: not taken; `reason` and `issues` say what to mend
 * - `failed`: set aside after several attempts, for our operators
 */
export const receiptStates = [
  'accepted',
  'mapped',
  'applied',
  'visible',
  'quarantined',
  'rejected',
  'failed'
] as const
export type ReceiptState = (typeof receiptStates)[number]

const Instant = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0 })

/** What became of an event. */
export const Receipt = Type.Object({
  id: Type.String({ format: 'uuid' }),
  eventId: Type.String({ description: 'The webhook-id it came with' }),
  form: Type.Enum([...webhookForms]),
  state: Type.Enum([...receiptStates]),
  isFinal: Type.Boolean({ description: 'Nothing more will become of it by itself' }),
  acceptedAt: Instant,
  mappedAt: Type.Optional(Instant),
  appliedAt: Type.Optional(Instant),
  reason: Type.Optional(Type.String({ description: 'A code: why it was rejected, or nothing came of it' })),
  issues: Type.Array(
    Type.Object({ text: Type.String(), expression: Type.Optional(Type.String({ description: 'Where' })) })
  ),
  gaps: Type.Array(Type.Object({ item: Type.String(), missing: Type.Array(Type.Integer()) }), {
    description: 'Versions of these items that had not come when it was taken'
  }),
  persons: Type.Array(
    Type.Object({
      patient: Type.String({ description: 'Chesil’s id' }),
      version: Type.Integer({ description: 'Of the record, from which on readers see it' }),
      items: Type.Record(Type.String(), Type.Object({ shown: Count, withdrawn: Count }))
    }),
    { description: 'Whose record shows it' }
  ),
  quarantined: Type.Array(Type.Object({ reason: Type.String(), section: Type.String(), items: Count })),
  counts: Type.Object({
    messages: Count,
    parts: Count,
    quarantined: Count,
    denied: Type.Integer({ minimum: 0, description: 'Items that your agreement leaves out: not kept' })
  })
})
export type Receipt = Static<typeof Receipt>

/** A person whose record readers can see, as it stands now. */
export interface SeenPerson {
  readonly patientId: string
  readonly version: number
}

/** @param seen By the id under which a source knows a person; nobody who is not shown is in it. */
export function toReceipt(facts: WebhookFacts, seen: ReadonlyMap<string, SeenPerson>): Receipt {
  const parts = facts.messages.flatMap((message) => message.parts)
  const quarantined = facts.messages.flatMap((message) => message.quarantined)
  const persons = facts.toldPersons
    ? facts.toldPersons.map(copyOf)
    : parts.flatMap((part) => personOf(part, seen))
  const state = stateOf(facts, parts, persons.length > 0)
  const reason = reasonOf(facts, state)
  const mappedAt = latest(facts.messages.map(({ settledAt }) => settledAt))
  const appliedAt = latest([...parts.map(({ settledAt }) => settledAt), ...pullEnds(facts)])
  return {
    id: facts.id,
    eventId: facts.eventId,
    form: facts.form,
    state,
    isFinal: state !== 'accepted' && state !== 'mapped',
    acceptedAt: instant(facts.receivedAt),
    ...(mappedAt !== undefined && state !== 'accepted' && { mappedAt: instant(mappedAt) }),
    ...(appliedAt !== undefined && isDone(state) && { appliedAt: instant(appliedAt) }),
    ...(reason !== undefined && { reason }),
    issues: [...facts.issues],
    gaps: facts.gaps.map(({ item, missing }: VersionGap) => ({ item, missing: [...missing] })),
    persons,
    quarantined,
    counts: {
      messages: facts.messages.length,
      parts: parts.length,
      quarantined: quarantined.reduce((sum, { items }) => sum + items, 0),
      denied: facts.deniedItems
    }
  }
}

function stateOf(facts: WebhookFacts, parts: readonly WebhookPartFacts[], isSeen: boolean): ReceiptState {
  if (facts.state === 'accepted' || facts.state === 'rejected') return facts.state
  if (facts.state === 'dead' || facts.messages.some(isDead) || parts.some(isDead)) return 'failed'
  if (facts.messages.some(({ state }) => state === 'received')) return 'accepted'
  if (facts.pulls.some(({ isOver }) => !isOver)) return 'accepted'
  if (parts.some(({ state }) => state === 'ready')) return 'mapped'
  const isAllRefused = facts.messages.length > 0 && facts.messages.every(({ state }) => state === 'refused')
  if (isAllRefused) return 'rejected'
  const isLetIn = parts.some(({ appliedVersion }) => (appliedVersion ?? 0) > 0)
  const isKeptOut = facts.messages.some(({ quarantined }) => quarantined.length > 0)
  if (!isLetIn && isKeptOut) return 'quarantined'
  return isSeen ? 'visible' : 'applied'
}

const isDead = ({ state }: Pick<WebhookMessageFacts, 'state'> | Pick<WebhookPartFacts, 'state'>): boolean =>
  state === 'dead'

const isDone = (state: ReceiptState): boolean =>
  state === 'applied' || state === 'visible' || state === 'quarantined'

function reasonOf({ reason, messages, pulls }: WebhookFacts, state: ReceiptState): string | undefined {
  if (state === 'failed') return 'failed'
  if (state === 'rejected' && reason === null) return messages.find((one) => one.reason)?.reason ?? undefined
  const unanswered = pulls.find(({ isOver, outcome }) => isOver && outcome !== 'applied')
  if (unanswered) return 'source-did-not-answer'
  return state === 'accepted' ? undefined : (reason ?? undefined)
}

function personOf(
  { patientId, appliedVersion, items }: WebhookPartFacts,
  seen: ReadonlyMap<string, SeenPerson>
): Receipt['persons'] {
  const person = seen.get(patientId)
  if (!person || !appliedVersion) return []
  // Somebody's own version, where they have been merged since, says nothing of whom they were merged into.
  const version = person.patientId === patientId ? appliedVersion : person.version
  const counts = Object.entries(items ?? {}).map(([type, { shown = 0, withdrawn = 0 }]) => [
    type,
    { shown, withdrawn }
  ])
  return [{ patient: person.patientId, version, items: Object.fromEntries(counts) }]
}

const copyOf = ({ items, ...person }: ToldPerson): Receipt['persons'][number] => ({
  ...person,
  items: { ...items }
})

const pullEnds = ({ pulls }: WebhookFacts) => pulls.map(({ finishedAt }) => finishedAt)

function latest(times: readonly (number | null)[]): number | undefined {
  const known = times.filter((time) => time !== null)
  return known.length > 0 ? Math.max(...known) : undefined
}

const instant = (ms: number): string => new Date(ms).toISOString()
