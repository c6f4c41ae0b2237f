import { findDateInterval } from '@chesil/fhir'
import { type Elements, isSame, listOf } from './elements.ts'

/** That an element was given a value, in the source's order. */
export interface Change {
  readonly path: string
  readonly value: unknown
  /** FHIR dateTime; absent where its event does not say when it happened. */
  readonly at: string | undefined
}

interface Stage {
  readonly value: unknown
  readonly start: string | undefined
  end?: string | undefined
}

/** Encounters remember where they have been and how they stood: writes `statusHistory`, `classHistory` and `location`. */
export function addHistories(encounter: Elements, changes: readonly Change[]): void {
  leaveOutImpossibleEnd(encounter)
  const past = (path: string) =>
    stagesOf(changes, path)
      .slice(0, -1)
      .flatMap(({ value, start, end }) => (start && end ? [{ value, period: { start, end } }] : []))
  const statuses = past('status').map(({ value, period }) => ({ status: value, period }))
  const classes = past('class').map(({ value, period }) => ({ class: value, period }))
  const locations = encounter['location'] === undefined ? [] : locationsOf(encounter, changes)
  if (statuses.length > 0) encounter['statusHistory'] = statuses
  if (classes.length > 0) encounter['classHistory'] = classes
  if (locations.length > 0) encounter['location'] = locations
}

/** Two messages may say when a stay began and when it ended, and together what cannot be. */
function leaveOutImpossibleEnd(encounter: Elements): void {
  const { start, end } = (encounter['period'] ?? {}) as { start?: string; end?: string }
  if (start !== undefined && end !== undefined && !isBefore(start, end)) encounter['period'] = { start }
}

/** What an element was in turn. A value that is set again does not begin anew. */
function stagesOf(changes: readonly Change[], path: string): Stage[] {
  const stages: Stage[] = []
  for (const change of changes) {
    if (change.path !== path || isSame(stages.at(-1)?.value, change.value)) continue
    const before = stages.at(-1)
    if (before && isBefore(before.start, change.at)) before.end = change.at
    stages.push({ value: change.value, start: change.at })
  }
  return stages
}

/** Not where a source dates a later event before an earlier one: a period would end before it begins. */
function isBefore(start: string | undefined, end: string | undefined): boolean {
  const [from, to] = [start, end].map((date) => (date === undefined ? undefined : findDateInterval(date)))
  return to !== undefined && (from === undefined || from.low < to.high)
}

/** How the last place of a stay stands that has no end. */
function placeNow(status: unknown): string {
  if (status === 'planned') return 'planned'
  return status === 'finished' || status === 'cancelled' ? 'completed' : 'active'
}

/** Each place with its time there; the last until the end of the stay. */
function locationsOf(encounter: Elements, changes: readonly Change[]): readonly unknown[] {
  const ended = (encounter['period'] as { end?: string } | undefined)?.end
  const stages = stagesOf(changes, 'location')
  return stages.flatMap(({ value, start, end }, at) => {
    const isLast = at === stages.length - 1
    const until = isLast && ended !== undefined && isBefore(start, ended) ? ended : end
    const period = { ...(start !== undefined && { start }), ...(until !== undefined && { end: until }) }
    const status = isLast && ended === undefined ? placeNow(encounter['status']) : 'completed'
    const timed = Object.keys(period).length > 0 ? { period } : {}
    return listOf(value).map((place) => ({ ...(place as object), status, ...timed }))
  })
}
