import { daysBefore } from '../dates.ts'
import type { Person } from '../people.ts'
import type { CareEvent } from './care-event.ts'
import type { Extract } from './case-file.ts'

/** An event as an extract has it. */
export interface SeenEvent extends CareEvent {
  /** As a receiver holds it: cut to the date of death, where the extract says one. */
  readonly heldEnd?: string
}

/**
 * A service is in every submission from its beginning to its end; a request, assessment or review in that of the day on
 * which it ended, for it is told when it is over.
 *
 * @returns nothing for what is not of the period, or not known yet.
 * @see https://github.com/DataS-DHSC/ASC-CLD-LA-Dashboard
 */
export function asSeen(
  event: CareEvent,
  { deathDate, nhsNumber }: Person,
  { period }: Extract
): SeenEvent | undefined {
  if (event.start > period.end || (deathDate !== undefined && event.start > deathDate)) return undefined
  const { end: happened, ...rest } = event
  const recorded = recordedEnd(event, deathDate, nhsNumber)
  const isSaid = recorded !== undefined && (recorded <= period.end || event.planned === true)
  const end = isSaid ? recorded : undefined
  if (event.type === 'Service' ? end !== undefined && end < period.start : !isOf(period, end))
    return undefined
  const heldEnd = cutToDeath(end, knownDeath(deathDate, period.end))
  return { ...rest, ...(end !== undefined && { end }), ...(heldEnd !== undefined && { heldEnd }) }
}

/** The date of death, once it has come. */
export const knownDeath = (deathDate: string | undefined, day: string): string | undefined =>
  deathDate !== undefined && deathDate <= day ? deathDate : undefined

const isOf = ({ start, end }: Extract['period'], day: string | undefined): boolean =>
  day !== undefined && day >= start && day <= end

const cutToDeath = (end: string | undefined, death: string | undefined): string | undefined =>
  death === undefined || (end !== undefined && end <= death) ? end : death

/**
 * What a death does to what is recorded: nothing more is assessed or reviewed, and a service is ended on that day, some
 * days later, or never, as whoever keeps the case does.
 */
function recordedEnd(
  { type, end }: CareEvent,
  death: string | undefined,
  nhsNumber: string
): string | undefined {
  if (death === undefined || (end !== undefined && end <= death)) return end
  if (type !== 'Service') return undefined
  const habit = Number(nhsNumber.slice(5, 6)) % 3
  if (habit === 0) return undefined
  return habit === 1 ? daysBefore(death, -9) : death
}
