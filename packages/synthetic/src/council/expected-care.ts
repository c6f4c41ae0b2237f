import type { CareEventType } from './care-event.ts'
import type { CouncilRow, SubmissionOptions } from './submission.ts'

/** What a receiver holds of an event once it has taken all submissions. */
export interface ExpectedCareEvent {
  /** See `CouncilRow.personKey`. */
  readonly personKey: string
  /** See `CouncilRow.eventId`. */
  readonly eventId: string
  readonly type: CareEventType
  /** An ISO date. */
  readonly start: string
  /** An ISO date. */
  readonly end?: string
  /** How many rows tell of it, each something of its own. */
  readonly rows: number
  /** Last day of the period that named it last. */
  readonly asAt: string
  /** Last day of the first later period in which a service is not named, though nobody said that it had ended. */
  readonly missingAt?: string
}

export interface CouncilTelling extends Pick<SubmissionOptions, 'period' | 'sending'> {
  readonly rows: Iterable<CouncilRow>
}

/**
 * What a council has said of each person, in whatever order its submissions came; by what stories know, not by the rule by
 * which a receiver tells events apart. Holds all of it in memory.
 *
 * @param tellings Of periods that do not overlap. Of two for the same period the later sending counts.
 * @returns by person key.
 */
export function expectedCare(
  tellings: readonly CouncilTelling[]
): ReadonlyMap<string, readonly ExpectedCareEvent[]> {
  const care = new Map<string, ExpectedCareEvent>()
  for (const { period, rows } of inForce(tellings)) {
    const named = new Map<string, ExpectedCareEvent>()
    for (const [key, event] of [...rows].flatMap((row) => heldOf(row, period.end)))
      named.set(key, { ...event, rows: event.rows + (named.get(key)?.rows ?? 0) })
    for (const [key, event] of care)
      if (!named.has(key) && isMissed(event, period)) care.set(key, { ...event, missingAt: period.end })
    for (const [key, event] of named) care.set(key, event)
  }
  return Map.groupBy(care.values(), ({ personKey }) => personKey)
}

function heldOf(
  { personKey, eventId, expectation }: CouncilRow,
  asAt: string
): readonly (readonly [string, ExpectedCareEvent])[] {
  if (personKey === undefined || !expectation.event) return []
  return [[`${personKey} ${eventId}`, { personKey, eventId, ...expectation.event, rows: 1, asAt }]]
}

function inForce(tellings: readonly CouncilTelling[]): readonly CouncilTelling[] {
  const last = new Map<string, CouncilTelling>()
  for (const telling of tellings) {
    const key = `${telling.period.end} ${telling.period.start}`
    const other = last.get(key)
    if (!other || (other.sending ?? 1) <= (telling.sending ?? 1)) last.set(key, telling)
  }
  return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, telling]) => telling)
}

const isMissed = (event: ExpectedCareEvent, { start }: CouncilTelling['period']): boolean =>
  event.missingAt === undefined && event.type === 'Service' && (event.end === undefined || event.end >= start)
