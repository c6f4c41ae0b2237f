import type { ItemEvent } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import { type Elements, isSame, listOf } from './elements.ts'
import { addHistories } from './encounter-histories.ts'
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
  const resource = build(last.base, elements)
  if (resource.resourceType === 'DiagnosticReport') markWithdrawn(resource, elements)
  if (resource.resourceType === 'Encounter') addHistories(resource, changes)
  return resource as Resource
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

const joined = (list: unknown, values: readonly unknown[]): readonly unknown[] => [
  ...listOf(list),
  ...values.filter((value) => !listOf(list).some((one) => isSame(one, value)))
]

const without = (list: unknown, values: readonly unknown[]): readonly unknown[] =>
  listOf(list).filter((one) => !values.some((value) => isSame(one, value)))

function build(base: Resource, elements: ReadonlyMap<string, unknown>): Elements {
  const resource: Elements = JSON.parse(JSON.stringify(base))
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0
  for (const [path, value] of [...elements].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isEmpty(value)) place(resource, path, value)
  }
  return resource
}

/** A report all of whose results and files were taken back was withdrawn, whatever it calls itself. */
function markWithdrawn(report: Elements, elements: ReadonlyMap<string, unknown>): void {
  const isEmpty = report['result'] === undefined && report['presentedForm'] === undefined
  const takenBack = [...elements].some(
    ([path, value]) => /^(result$|presentedForm#)/.test(path) && listOf(value).length === 0
  )
  if (isEmpty && takenBack) report['status'] = 'entered-in-error'
}

function place(resource: Elements, path: string, value: unknown): void {
  const { names, url, key } = parsePath(path)
  const [name, ...parents] = names.toReversed()
  let node: Record<string, unknown> = resource
  for (const parent of parents.toReversed()) {
    node[parent] ??= {}
    node = node[parent] as Record<string, unknown>
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
