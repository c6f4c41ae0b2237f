import codes from '../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../dates.ts'
import { businessIdentifier, gpcExtension, profiled, referTo, type Stu3Resource, sct } from '../stu3.ts'
import { type Draft, holds, pastDay } from './draft.ts'

type AllergyRow = (typeof codes.allergies)[number]

/** @returns `undefined` when the person has every allergy we know. */
export function addAllergy(draft: Draft): Stu3Resource | undefined {
  const row = unusedRow(draft)
  return row && draft.add({ ...allergyOf(draft, row), clinicalStatus: 'active' }, 'allergies')
}

/** Its SNOMED CT code. */
export const noKnownAllergy = '716186003'

/** What a practice records when it asked and there are none. */
export function addNoKnownAllergy(draft: Draft): Stu3Resource {
  const { reaction: _none, ...allergy } = allergyOf(draft, {
    code: noKnownAllergy,
    display: 'No known allergy',
    category: 'environment',
    reaction: { code: '', display: '' }
  })
  return draft.add({ ...allergy, clinicalStatus: 'active' }, 'allergies')
}

/** An ended allergy is no entry: its list contains it. @returns `undefined` as `addAllergy`. */
export function addEndedAllergy(draft: Draft): Stu3Resource | undefined {
  const row = unusedRow(draft)
  if (!row) return undefined
  const end = {
    url: gpcExtension('AllergyIntoleranceEnd'),
    extension: [
      { url: 'endDate', valueDateTime: daysBefore(draft.asAt, draft.random.integer(1, 300)) },
      { url: 'reasonEnded', valueString: 'Tested and not confirmed' }
    ]
  }
  const allergy = { ...allergyOf(draft, row), extension: [end], clinicalStatus: 'resolved' }
  draft.ended.push(allergy)
  return allergy
}

function unusedRow(draft: Draft): AllergyRow | undefined {
  const left = codes.allergies.filter((row) => !holds(draft, 'AllergyIntolerance', row.code))
  return left.length === 0 ? undefined : draft.random.pick(left)
}

function allergyOf(draft: Draft, row: AllergyRow): Stu3Resource {
  const id = draft.newId()
  const day = pastDay(draft)
  return {
    resourceType: 'AllergyIntolerance',
    id,
    meta: profiled('CareConnect-GPC-AllergyIntolerance-1'),
    identifier: businessIdentifier(id),
    verificationStatus: 'unconfirmed',
    category: [row.category],
    code: sct(row),
    patient: referTo(draft.patient),
    onsetDateTime: day,
    assertedDate: day,
    recorder: referTo(doctor(draft)),
    reaction: [
      { manifestation: [sct(row.reaction)], severity: draft.random.pick(['mild', 'moderate', 'severe']) }
    ]
  }
}

const doctor = ({ random, staff }: Draft): Stu3Resource => random.pick(staff.doctors).practitioner
