import type { ItemEvent } from '@chesil/contracts'
import { findDateInterval, type Resource } from '@chesil/fhir'
import { compareOrder, type SourceOrder } from './source-order.ts'

/** One event of an item, and where it stands in its source's order. */
export interface OrderedEvent {
  readonly order: SourceOrder
  readonly event: ItemEvent
}

/**
 * An item that many messages tell of: the same whatever the order in which they arrived, and however often.
 *
 * Paths of elements are names joined by dots. Two forms stand for members of lists: `participant#ATND` are the
 * values of one key, and the list joins those of all keys; a URL at the end is the extension of that URL.
 *
 * @returns `undefined` for an item that was deleted last, or of which nothing is left.
 */
export function foldEvents(events: readonly OrderedEvent[]): Resource | undefined {
  const standing = standingEvents(events)
  const last = standing.at(-1)
  if (!last) return undefined
  const elements = new Map<string, unknown>()
  const changes = standing.flatMap((event) => {
    const told = withoutLate(event, elements)
    tell(elements, told)
    return Object.entries(told.set).map(([path, value]) => ({ path, value, at: told.at }))
  })
  return withHistories(withoutResults(build(last.base, elements), elements), changes)
}

/** See `ItemEvent.unless`. */
function withoutLate(event: ItemEvent, elements: ReadonlyMap<string, unknown>): ItemEvent {
  const { unless, set, clear = [] } = event
  if (!unless?.is.some((value) => isSame(value, elements.get(unless.path)))) return event
  const isKept = (path: string) => unless.keeps.includes(path)
  return {
    ...event,
    set: Object.fromEntries(Object.entries(set).filter(([path]) => !isKept(path))),
    clear: clear.filter((path) => !isKept(path))
  }
}

function tell(elements: Map<string, unknown>, { set, clear, add, drop }: ItemEvent): void {
  for (const [path, value] of Object.entries(set)) elements.set(path, value)
  for (const path of clear ?? []) elements.delete(path)
  for (const [path, values] of Object.entries(add ?? {}))
    elements.set(path, joined(elements.get(path), values))
  for (const [path, values] of Object.entries(drop ?? {}))
    elements.set(path, without(elements.get(path), values))
}

/** Those that count, each once, in the source's order: a cancelled event never happened, and a deletion ends what was before. */
function standingEvents(events: readonly OrderedEvent[]): readonly ItemEvent[] {
  const inOrder = events
    .toSorted((a, b) => compareOrder(a.order, b.order))
    .filter(({ order }, at, all) => at === 0 || compareOrder(order, all[at - 1]?.order ?? order) !== 0)
    .map(({ event }) => event)
  let standing: ItemEvent[] = []
  for (const event of inOrder) {
    if (event.deletes) standing = []
    else {
      const cancelled = standing.findLastIndex(({ kind }) => kind === event.cancels)
      if (cancelled >= 0) standing.splice(cancelled, 1)
      standing.push(event)
    }
  }
  return standing
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const joined = (list: unknown, values: readonly unknown[]): readonly unknown[] => [
  ...listOf(list),
  ...values.filter((value) => !listOf(list).some((one) => isSame(one, value)))
]

const without = (list: unknown, values: readonly unknown[]): readonly unknown[] =>
  listOf(list).filter((one) => !values.some((value) => isSame(one, value)))

type Node = Record<string, unknown>

function build(base: Resource, elements: ReadonlyMap<string, unknown>): Node {
  const resource = structuredCopy(base) as unknown as Node
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0
  for (const [path, value] of [...elements].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isEmpty(value)) place(resource, path, value)
  }
  return resource
}

/** A report all of whose results and files were taken back was withdrawn, whatever it calls itself. */
function withoutResults(resource: Node, elements: ReadonlyMap<string, unknown>): Node {
  if (resource['resourceType'] !== 'DiagnosticReport') return resource
  const isEmpty = resource['result'] === undefined && resource['presentedForm'] === undefined
  const takenBack = [...elements].some(
    ([path, value]) => /^(result$|presentedForm#)/.test(path) && listOf(value).length === 0
  )
  if (isEmpty && takenBack) resource['status'] = 'entered-in-error'
  return resource
}

const structuredCopy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

function place(resource: Node, path: string, value: unknown): void {
  const { names, url, key } = parsePath(path)
  const [name, ...parents] = names.toReversed()
  let node = resource
  for (const parent of parents.toReversed()) {
    node[parent] ??= {}
    node = node[parent] as Node
  }
  if (url !== undefined) node['extension'] = [...listOf(node['extension']), { url, ...(value as object) }]
  else if (key) node[name as string] = [...listOf(node[name as string]), ...listOf(value)]
  else node[name as string] = value
}

/** @returns for an extension its URL, and as names those of its parents and one that is not used. */
function parsePath(path: string): { names: string[]; url?: string; key?: true } {
  const at = path.search(/(^|\.)https?:/)
  if (at >= 0) {
    const url = path.slice(at).replace(/^\./, '')
    return { names: [...path.slice(0, at).split('.').filter(Boolean), 'extension'], url }
  }
  const [plain = '', key] = path.split('#')
  return key === undefined ? { names: plain.split('.') } : { names: plain.split('.'), key: true }
}

interface Change {
  readonly path: string
  readonly value: unknown
  readonly at: string | undefined
}

interface Stage {
  readonly value: unknown
  /** Absent where its event does not say when it happened. */
  readonly start: string | undefined
  end?: string | undefined
}

/** Encounters remember where they have been and how they stood. */
function withHistories(resource: Node, changes: readonly Change[]): Resource {
  if (resource['resourceType'] === 'Encounter') {
    leaveOutImpossibleEnd(resource)
    const past = (path: string) =>
      stagesOf(changes, path)
        .slice(0, -1)
        .flatMap(({ value, start, end }) => (start && end ? [{ value, period: { start, end } }] : []))
    const statuses = past('status').map(({ value, period }) => ({ status: value, period }))
    const classes = past('class').map(({ value, period }) => ({ class: value, period }))
    const locations = resource['location'] === undefined ? [] : locationsOf(resource, changes)
    if (statuses.length > 0) resource['statusHistory'] = statuses
    if (classes.length > 0) resource['classHistory'] = classes
    if (locations.length > 0) resource['location'] = locations
  }
  return resource as unknown as Resource
}

/** Two messages may say when a stay began and when it ended, and together what cannot be. */
function leaveOutImpossibleEnd(resource: Node): void {
  const { start, end } = (resource['period'] ?? {}) as { start?: string; end?: string }
  if (start !== undefined && end !== undefined && !isBefore(start, end)) resource['period'] = { start }
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
function locationsOf(resource: Node, changes: readonly Change[]): readonly unknown[] {
  const ended = (resource['period'] as { end?: string } | undefined)?.end
  const stages = stagesOf(changes, 'location')
  return stages.flatMap(({ value, start, end }, at) => {
    const isLast = at === stages.length - 1
    const until = isLast && ended !== undefined && isBefore(start, ended) ? ended : end
    const period = { ...(start !== undefined && { start }), ...(until !== undefined && { end: until }) }
    const status = isLast && ended === undefined ? placeNow(resource['status']) : 'completed'
    const timed = Object.keys(period).length > 0 ? { period } : {}
    return listOf(value).map((place) => ({ ...(place as object), status, ...timed }))
  })
}
