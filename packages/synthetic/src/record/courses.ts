import { daysBefore, daysBetween } from '../dates.ts'
import type { Period } from '../stu3.ts'
import { type Draft, pastDay } from './draft.ts'

/** A medicine of our table. */
export interface MedicineRow {
  readonly code: string
  readonly display: string
  /** A code of `CareConnect-PrescriptionType-1`. */
  readonly type: string
  readonly dose: string
  readonly quantity: string
  /** How long one prescription lasts. */
  readonly days: number
}

/** When a medicine was prescribed, and what became of it. */
export interface Dates {
  readonly status: 'active' | 'completed' | 'stopped'
  readonly effective: Period
  /** The days of its prescriptions, the latest first. */
  readonly issues: readonly string[]
}

/** One issue. Two of three say when they end; the others stay active, as practices' systems leave them. */
export function acuteCourse(draft: Draft, row: MedicineRow): Dates {
  const start = pastDay(draft, 700)
  if (draft.random.chance(0.33)) return { status: 'active', effective: { start }, issues: [start] }
  const end = daysBefore(start, -row.days)
  return { status: end < draft.asAt ? 'completed' : 'active', effective: { start, end }, issues: [start] }
}

/** An active one was issued within its own length of days. */
export function repeatCourse(
  draft: Draft,
  row: MedicineRow,
  { maxIssues, stopped }: { readonly maxIssues: number; readonly stopped: boolean }
): Dates {
  const start = pastDay(draft, 2_000)
  const end = stopped
    ? daysBefore(draft.asAt, draft.random.integer(0, daysBetween(start, draft.asAt)))
    : undefined
  const last = end ?? daysBefore(draft.asAt, draft.random.integer(0, row.days - 1))
  const possible = Math.max(1, Math.floor(daysBetween(start, last) / row.days))
  const issues = Array.from({ length: Math.min(maxIssues, possible) }, (_, index) =>
    daysBefore(last, index * row.days)
  )
  const first = issues.at(-1) as string
  return {
    status: stopped ? 'stopped' : 'active',
    effective: { start: start < first ? start : first, ...(end && { end }) },
    issues
  }
}
