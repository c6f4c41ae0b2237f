import { compareOrder, isLater, type SourceOrder } from './source-order.ts'

/**
 * What one source has said about one person, folded into what it says now.
 *
 * An item's state follows from all contributions by the source's order, never by arrival:
 * - its latest assertion gives its content;
 * - it is withdrawn when every section it then stood in has since been returned complete without it;
 * - a deletion in a delta withdraws it too;
 * - an item that was named and kept out (`withheld`) stays as it stood, as though it had been repeated.
 *
 * `foldContribution` takes one contribution at a time and needs only this state, not the past ones.
 */
export interface FoldState {
  readonly items: ReadonlyMap<string, FoldedItem>
  /** The latest order in which each section was returned complete. */
  readonly coverage: ReadonlyMap<string, SourceOrder>
}

export interface FoldedItem {
  /** Where it stood by its latest assertion. */
  readonly sections: readonly string[]
  /**
   * Of its latest assertion; or of an earlier one since which it was repeated unchanged in complete
   * sections, whose coverage then tells the rest (see `latestAssertion`).
   */
  readonly order: SourceOrder
  readonly contentHash: string
  readonly present: boolean
}

export interface FoldInput {
  readonly order: SourceOrder
  /** Of which nothing was left out: in a delta only parts of a record for which it speaks whole. */
  readonly completeSections: readonly string[]
  readonly items: ReadonlyMap<string, FoldInputItem>
  /**
   * Items that the source still names, in a form that may not be let in: nothing is known of them but that
   * they were not withdrawn.
   */
  readonly withheld?: ReadonlySet<string>
}

export interface FoldInputItem {
  readonly sections: readonly string[]
  readonly contentHash: string
  /** In a delta only. */
  readonly deleted?: boolean
}

export interface FoldChanges {
  /** Items to write, with their new state: new, changed, withdrawn, or come back. */
  readonly items: ReadonlyMap<string, FoldedItem>
  /** Sections whose coverage moved on. */
  readonly coverage: ReadonlyMap<string, SourceOrder>
}

export function foldContribution(state: FoldState, input: FoldInput): FoldChanges {
  const coverage = coverageAfter(state, input)
  const items = new Map<string, FoldedItem>()
  for (const [key, asserted] of input.items) {
    const item = assert(state, coverage, input, key, asserted)
    if (item) items.set(key, item)
  }
  const moved = changedCoverage(state, coverage)
  const unasserted = moved.size > 0 || input.withheld?.size ? state.items : []
  for (const [key, held] of unasserted) {
    const item = held.present && !input.items.has(key) ? passOver(state, coverage, input, key) : undefined
    if (item) items.set(key, item)
  }
  return { items, coverage: moved }
}

/** What becomes of an item held that the contribution does not assert. */
function passOver(
  state: FoldState,
  coverage: ReadonlyMap<string, SourceOrder>,
  input: FoldInput,
  key: string
): FoldedItem | undefined {
  const held = state.items.get(key) as FoldedItem
  return input.withheld?.has(key)
    ? assert(state, coverage, input, key, held)
    : withdraw(held, state, coverage)
}

/**
 * An item that many messages tell of, once another has arrived.
 *
 * @param told Its latest event's order, and the hash of what its events make together; none where they make nothing.
 * @returns its new state; nothing where it stays as it is.
 */
export function foldTold(
  held: FoldedItem | undefined,
  told: {
    readonly sections: readonly string[]
    readonly order: SourceOrder
    readonly contentHash: string | undefined
  },
  coverage: ReadonlyMap<string, SourceOrder>
): FoldedItem | undefined {
  const { sections, order, contentHash = 'deleted' } = told
  const present = told.contentHash !== undefined && !isCovered(sections, order, coverage)
  const isSame =
    held !== undefined &&
    held.present === present &&
    held.contentHash === contentHash &&
    compareOrder(held.order, order) === 0
  return isSame ? undefined : { sections, order, contentHash, present }
}

function withdraw(
  held: FoldedItem,
  state: FoldState,
  coverage: ReadonlyMap<string, SourceOrder>
): FoldedItem | undefined {
  const order = latestAssertion(held, state.coverage)
  return isCovered(held.sections, order, coverage) ? { ...held, order, present: false } : undefined
}

function assert(
  state: FoldState,
  coverage: ReadonlyMap<string, SourceOrder>,
  input: FoldInput,
  key: string,
  asserted: FoldInputItem
): FoldedItem | undefined {
  const held = state.items.get(key)
  if (held && !isLater(input.order, latestAssertion(held, state.coverage))) return undefined
  const present = !asserted.deleted && !isCovered(asserted.sections, input.order, coverage)
  const { sections, contentHash } = asserted
  if (held?.present && present && isRepeated(held, asserted, input.order, coverage)) return undefined
  return { sections, order: input.order, contentHash, present }
}

/** Nothing new, and coverage says that it was said again: 3,000 unchanged items need not be written. */
function isRepeated(
  held: FoldedItem,
  asserted: FoldInputItem,
  order: SourceOrder,
  coverage: ReadonlyMap<string, SourceOrder>
): boolean {
  return (
    held.contentHash === asserted.contentHash &&
    asserted.sections.length > 0 &&
    held.sections.join() === asserted.sections.join() &&
    asserted.sections.every((section) => isAt(coverage.get(section), order))
  )
}

/**
 * An item that is present though all its sections were returned complete at `m` or later was asserted at `m`
 * at the latest; had it not been, it would have been withdrawn then.
 */
function latestAssertion(item: FoldedItem, coverage: ReadonlyMap<string, SourceOrder>): SourceOrder {
  if (!item.present || item.sections.length === 0) return item.order
  let earliest: SourceOrder | undefined
  for (const section of item.sections) {
    const covered = coverage.get(section)
    if (!covered) return item.order
    if (!earliest || compareOrder(covered, earliest) < 0) earliest = covered
  }
  return earliest && isLater(earliest, item.order) ? earliest : item.order
}

/** An item that stands in no section is only ever withdrawn by a deletion. */
function isCovered(
  sections: readonly string[],
  order: SourceOrder,
  coverage: ReadonlyMap<string, SourceOrder>
): boolean {
  return (
    sections.length > 0 &&
    sections.every((section) => {
      const covered = coverage.get(section)
      return covered !== undefined && compareOrder(covered, order) > 0
    })
  )
}

const isAt = (covered: SourceOrder | undefined, order: SourceOrder): boolean =>
  covered !== undefined && compareOrder(covered, order) === 0

function coverageAfter(state: FoldState, input: FoldInput): ReadonlyMap<string, SourceOrder> {
  const coverage = new Map(state.coverage)
  for (const section of input.completeSections) {
    if (isLater(input.order, coverage.get(section))) coverage.set(section, input.order)
  }
  return coverage
}

function changedCoverage(state: FoldState, coverage: ReadonlyMap<string, SourceOrder>) {
  const moved = [...coverage].filter(([section, order]) => state.coverage.get(section) !== order)
  return new Map(moved)
}
