import type { ViewEntryIndex } from '../view/search-index.ts'

/**
 * What a partner can be told of, as `{base of topics}/{topic}`.
 *
 * - `record-changed`: anything
 * - `encounter-started`, `encounter-ended`: a stay or visit is under way; it is over
 * - `new-result`: a result or report that was not there, or that has become final
 * - `new-document`: a document that was not there
 * - `care-plan-changed`, `flag-changed`: one came, changed or went
 * - `receipt`: nothing more will become by itself of an event that the partner sent; it is about no record
 * - `correction`: something does not stand as it did: it was withdrawn, entered in error, or moved to or from the person
 */
export const topics = [
  'record-changed',
  'encounter-started',
  'encounter-ended',
  'new-result',
  'new-document',
  'care-plan-changed',
  'flag-changed',
  'correction',
  'receipt'
] as const
export type Topic = (typeof topics)[number]

/** An item that one version of a record shows otherwise than the version before. */
export interface ChangedItem {
  readonly resourceType: string
  /** `Type/id` */
  readonly key: string
  /** Absent: it was not shown. */
  readonly before?: ViewEntryIndex
  /** Absent: it is not shown any more. */
  readonly now?: ViewEntryIndex
}

/** @returns those of the changed items that the topic is about, in the order given. */
export function itemsOfTopic(
  topic: Topic,
  changed: readonly ChangedItem[],
  { isMove }: { readonly isMove: boolean }
): readonly ChangedItem[] {
  // What was moved with its person is no news of its own.
  if (isMove) return topic === 'record-changed' || topic === 'correction' ? changed : []
  return changed.filter(tests[topic])
}

const tests: Readonly<Record<Topic, (item: ChangedItem) => boolean>> = {
  'record-changed': () => true,
  'encounter-started': (item) => isEncounter(item) && becomes(item, isUnderWay),
  'encounter-ended': (item) => isEncounter(item) && becomes(item, isOver),
  'new-result': (item) => isResult(item) && (isNew(item) || becomes(item, isFinal)) && !isInError(item),
  'new-document': (item) => item.resourceType === 'DocumentReference' && isNew(item) && !isInError(item),
  'care-plan-changed': ({ resourceType }) => resourceType === 'CarePlan',
  'flag-changed': ({ resourceType }) => resourceType === 'Flag',
  receipt: () => false,
  correction: (item) => item.now === undefined || (isInError(item) && !hasStatus(item.before, inError))
}

const inError: ReadonlySet<string> = new Set(['entered-in-error'])
const underWay: ReadonlySet<string> = new Set(['arrived', 'triaged', 'in-progress', 'onleave'])
const over: ReadonlySet<string> = new Set(['finished', 'cancelled'])
const final: ReadonlySet<string> = new Set(['final', 'amended', 'corrected', 'appended'])

const isEncounter = ({ resourceType }: ChangedItem): boolean => resourceType === 'Encounter'
const isResult = ({ resourceType }: ChangedItem): boolean =>
  resourceType === 'Observation' || resourceType === 'DiagnosticReport'
const isNew = ({ before, now }: ChangedItem): boolean => before === undefined && now !== undefined
const isInError = ({ now }: ChangedItem): boolean => hasStatus(now, inError)
const isUnderWay = (index: ViewEntryIndex | undefined): boolean => hasStatus(index, underWay)
const isOver = (index: ViewEntryIndex | undefined): boolean => hasStatus(index, over)
const isFinal = (index: ViewEntryIndex | undefined): boolean => hasStatus(index, final)

/** It is so now, and was not. */
const becomes = (
  { before, now }: ChangedItem,
  test: (index: ViewEntryIndex | undefined) => boolean
): boolean => test(now) && !test(before)

/** Tokens of an index are `system|code`. */
const hasStatus = (index: ViewEntryIndex | undefined, codes: ReadonlySet<string>): boolean =>
  (index?.token?.['status'] ?? []).some((token) => codes.has(token.slice(token.indexOf('|') + 1)))
