import codes from '../clinical-codes.json' with { type: 'json' }
import type { Stu3Resource } from '../stu3.ts'
import { addDocument } from './documents.ts'
import type { Draft } from './draft.ts'
import { addDiaryEntry, addImmunisation, addReferral } from './events.ts'
import { addInvestigation } from './investigations.ts'
import { secondaryList } from './linked-lists.ts'
import { addMedicine } from './medicines.ts'
import { addBloodPressure, addMeasurement, addNote } from './observations.ts'

export interface Visit {
  readonly encounter: Stu3Resource
  readonly at: string
}

/** What a heading names, and what of it a problem would relate to. */
export interface Noted {
  readonly item: Stu3Resource
  /** A medicine is named by its authorisation, and listed by its statement. */
  readonly listedAs?: Stu3Resource
}

export type Heading = keyof typeof codes.notes

/** What the doctor wrote under a heading, filed in the secondary lists as well. */
export function notedUnder(
  draft: Draft,
  visit: Visit,
  { heading, notesOnly }: { readonly heading: Heading; readonly notesOnly: boolean }
): Noted[] {
  const note = { item: addNote(draft, draft.random.pick(codes.notes[heading]), visit) }
  const listed = notesOnly ? [] : otherItems(draft, visit, heading)
  for (const { listedAs } of listed) {
    if (listedAs) draft.link(secondaryList('consultations', listedAs), listedAs)
  }
  return [note, ...listed]
}

function otherItems(draft: Draft, visit: Visit, heading: Heading): Noted[] {
  const plain = (item: Stu3Resource): Noted => ({ item, listedAs: item })
  if (heading === 'History') return draft.random.chance(0.3) ? [plain(addMeasurement(draft, visit))] : []
  if (heading === 'Examination') {
    const pressure = draft.random.chance(0.5) ? [plain(addBloodPressure(draft, visit))] : []
    return [...pressure, plain(addMeasurement(draft, visit))]
  }
  const { encounter } = visit
  const plan = draft.random.integer(0, 9)
  if (plan <= 2) {
    const { statement, plan: authorisation } = addMedicine(draft, { maxIssues: 1, encounter, kind: 'acute' })
    return [{ item: authorisation, listedAs: statement }]
  }
  if (plan === 3) return [plain(addImmunisation(draft, visit))]
  if (plan === 4) return [plain(addReferral(draft, visit))]
  if (plan === 5) return [plain(addDiaryEntry(draft, { encounter }))]
  if (plan <= 7) return [plain(addDocument(draft, visit))]
  if (plan === 8) return [plain(addInvestigation(draft, { encounter }))]
  return []
}
