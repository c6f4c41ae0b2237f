import type { Person } from './people.ts'
import type { Practice } from './practices.ts'
import { createRandom } from './random.ts'
import { addAllergy, addEndedAllergy, addNoKnownAllergy, noKnownAllergy } from './record/allergies.ts'
import { addConsultation, consultationEntries, shortConsultationEntries } from './record/consultations.ts'
import { createDraft, type Draft, holds } from './record/draft.ts'
import { addDiaryEntry, addImmunisation, addReferral } from './record/events.ts'
import { addInvestigation, investigationEntries } from './record/investigations.ts'
import { primaryListEntries, primaryListsOf, secondaryListsOf } from './record/lists.ts'
import { addMedicine } from './record/medicines.ts'
import { addFinding, addMeasurement } from './record/observations.ts'
import { patientOf } from './record/patient.ts'
import { addProblem, addSafeguardingItems, findNewProblem } from './record/problems.ts'
import { staffOf } from './record/staff.ts'
import { profiled, type Stu3Bundle } from './stu3.ts'

export interface RecordOptions {
  readonly seed: string
  /** Bundle entries, at least `smallestRecord`; 20 is a light record, 3,000 a heavy one. */
  readonly size: number
  /** When the practice answers: an ISO date or instant. What has happened lies before it. */
  readonly asAt: string
  readonly practice: Practice
  /** FHIR root of the practice, without a trailing slash; addresses of documents begin with it. */
  readonly baseUrl: string
  /** What the story is drawn by; default the NHS number. Keep it when the person gets another number. */
  readonly story?: string
}

/** The person, the practice with one doctor, ten lists, an allergy, and a medicine issued once. */
export const smallestRecord = 20

/**
 * Everything that a practice holds about a person, as GP Connect 1.6.2 would answer when asked for all
 * sections. The same arguments give the same record; another practice has the same story under other ids.
 *
 * Every reference resolves, every list names what is there, and there are `size` entries.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_bundle.html
 */
export function structuredRecord(person: Person, options: RecordOptions): Stu3Bundle {
  const { seed, practice, asAt, baseUrl, story = person.nhsNumber } = options
  const size = Math.max(smallestRecord, options.size)
  const ids = createRandom(`ids ${seed} ${story} ${practice.odsCode}`)
  const staff = staffOf(practice, seed, doctorsFor(size))
  const draft = createDraft({
    person,
    random: createRandom(`story ${seed} ${story}`),
    newId: ids.uuid,
    asAt: asAt.slice(0, 10),
    staff,
    patient: patientOf(person, staff, ids.uuid()),
    baseUrl
  })
  write(draft, size)
  return {
    resourceType: 'Bundle',
    meta: profiled('GPConnect-StructuredRecord-Bundle-1'),
    type: 'collection',
    entry: [...frame(draft), ...draft.entries].map((resource) => ({ resource }))
  }
}

const doctorsFor = (size: number): number => (size < 60 ? 1 : size < 300 ? 3 : 5)

/** What every record holds, whatever happened: whom it is about, who says it, and the lists. */
const frame = (draft: Draft) => [
  draft.patient,
  draft.staff.organization,
  draft.staff.location,
  ...draft.staff.doctors.flatMap(({ practitioner, role }) => [practitioner, role]),
  ...primaryListsOf(draft),
  ...secondaryListsOf(draft)
]

/** The length of `frame`, without making it. */
const frameEntries = ({ staff, linked }: Draft): number =>
  3 + 2 * staff.doctors.length + primaryListEntries + linked.size

function write(draft: Draft, size: number): void {
  const room = () => size - frameEntries(draft) - draft.entries.length
  if (draft.person.kind === 'safeguarding') addSafeguardingItems(draft)
  open(draft, room)
  while (room() > 0) {
    const left = room()
    pickStep(
      draft,
      growth.filter(({ entries }) => entries <= left)
    ).add(draft)
  }
}

/** What a record begins with, as far as it goes. */
function open(draft: Draft, room: () => number): void {
  if (draft.random.chance(0.15)) addNoKnownAllergy(draft)
  else addAllergy(draft)
  if (draft.random.chance(0.5)) addEndedAllergy(draft)
  if (room() >= 4) addMedicine(draft, { maxIssues: Math.min(3, room() - 3), kind: 'ongoing' })
  if (room() >= shortConsultationEntries) addConsultation(draft, { short: true })
}

interface Step {
  /** How many entries it adds at most, secondary lists included. */
  readonly entries: number
  readonly weight: number
  readonly add: (draft: Draft) => unknown
}

/** What a longer life with the practice brings, and how often. */
const growth: readonly Step[] = [
  { entries: consultationEntries, weight: 40, add: (draft) => addConsultation(draft) },
  { entries: shortConsultationEntries, weight: 10, add: (draft) => addConsultation(draft, { short: true }) },
  { entries: investigationEntries, weight: 14, add: (draft) => addInvestigation(draft) },
  { entries: 9, weight: 10, add: (draft) => addMedicine(draft, { maxIssues: 6 }) },
  { entries: 3, weight: 6, add: addUnlinkedProblem },
  { entries: 1, weight: 2, add: addFurtherAllergy },
  { entries: 1, weight: 4, add: (draft) => addImmunisation(draft) },
  { entries: 1, weight: 2, add: (draft) => addReferral(draft) },
  { entries: 1, weight: 2, add: (draft) => addDiaryEntry(draft) },
  { entries: 1, weight: 4, add: (draft) => addFinding(draft) },
  { entries: 1, weight: 6, add: (draft) => addMeasurement(draft) }
]

function pickStep(draft: Draft, steps: readonly Step[]): Step {
  let drawn = draft.random.fraction() * steps.reduce((sum, { weight }) => sum + weight, 0)
  const step = steps.find(({ weight }) => {
    drawn -= weight
    return drawn < 0
  })
  return step ?? (steps.at(-1) as Step)
}

function addUnlinkedProblem(draft: Draft): void {
  const row = findNewProblem(draft)
  if (row) addProblem(draft, row)
  else addMeasurement(draft)
}

function addFurtherAllergy(draft: Draft): void {
  const allergy = holds(draft, 'AllergyIntolerance', noKnownAllergy) ? undefined : addAllergy(draft)
  if (!allergy) addMeasurement(draft)
}
