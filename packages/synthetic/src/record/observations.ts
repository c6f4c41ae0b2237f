import codes from '../clinical-codes.json' with { type: 'json' }
import { businessIdentifier, profiled, referTo, type Stu3Resource, sct } from '../stu3.ts'
import { type Draft, pastDay, surgeryTime } from './draft.ts'

/** Where and when; by default some day, outside any consultation. */
export interface Occasion {
  readonly encounter?: Stu3Resource
  /** An instant. */
  readonly at?: string
}

export interface Measured {
  readonly code: string
  readonly display: string
  readonly unit: string
  readonly low: number
  readonly high: number
  readonly decimals: number
}

const ucum = 'http://unitsofmeasure.org'

export function addMeasurement(draft: Draft, occasion: Occasion = {}): Stu3Resource {
  const row = draft.random.pick(codes.measurements)
  const value = { valueQuantity: quantity(row, between(draft, row)) }
  return draft.add({ ...observationOf(draft, row, occasion), ...value }, 'uncategorised')
}

export function addFinding(draft: Draft, occasion: Occasion = {}): Stu3Resource {
  return draft.add(observationOf(draft, draft.random.pick(codes.findings), occasion), 'uncategorised')
}

export function addBloodPressure(draft: Draft, occasion: Occasion = {}): Stu3Resource {
  const code = { code: '163020007', display: 'O/E - blood pressure reading' }
  const part = (given: { code: string; display: string }, value: number) => ({
    code: sct(given),
    valueQuantity: { value, unit: 'mmHg', system: ucum, code: 'mm[Hg]' }
  })
  const component = [
    part({ code: '163030003', display: 'O/E - Systolic BP reading' }, draft.random.integer(104, 168)),
    part({ code: '163031004', display: 'O/E - Diastolic BP reading' }, draft.random.integer(58, 98))
  ]
  return draft.add({ ...observationOf(draft, code, occasion), component }, 'uncategorised')
}

/** Free text of a consultation. No primary list names it: it stands in its heading alone. */
export function addNote(draft: Draft, text: string, occasion: Occasion): Stu3Resource {
  const code = { code: '37331000000100', display: 'Comment note' }
  return draft.add({ ...observationOf(draft, code, occasion), comment: text })
}

/** An Observation that only has a code; the caller adds value and place. */
export function observationOf(
  draft: Draft,
  code: { readonly code: string; readonly display: string },
  { encounter, at = surgeryTime(draft, pastDay(draft)) }: Occasion
): Stu3Resource {
  const id = draft.newId()
  return {
    resourceType: 'Observation',
    id,
    meta: profiled('CareConnect-GPC-Observation-1'),
    identifier: businessIdentifier(id),
    status: 'final',
    code: sct(code),
    subject: referTo(draft.patient),
    ...(encounter && { context: referTo(encounter) }),
    effectiveDateTime: at,
    issued: at,
    performer: [referTo(draft.random.pick(draft.staff.doctors).practitioner)]
  }
}

export function between({ random }: Draft, { low, high, decimals }: Measured): number {
  return Number((low + random.fraction() * (high - low)).toFixed(decimals))
}

export const quantity = ({ unit }: Measured, value: number) => ({ value, unit, system: ucum, code: unit })
