import { components, type Field, segment } from './hl7-text.ts'
import codes from './hospital-codes.json' with { type: 'json' }
import type { Trust } from './trusts.ts'

export type Consultant = (typeof codes.consultants)[number]
export type TreatmentFunction = (typeof codes.treatmentFunctions)[number]

export interface Visit {
  readonly number: string
  /** HL7 table 0004: inpatient, outpatient, emergency, pre-admission. */
  readonly patientClass: 'I' | 'O' | 'E' | 'P'
  /** Ward or clinic, and bed. */
  readonly location: readonly [string, string?]
  readonly priorLocation?: readonly [string, string?]
  readonly consultant: Consultant
  /** Code of the treatment function. */
  readonly service: string
  /** NHS admission method, e.g. `21`. */
  readonly admissionMethod?: string
  /** Timestamps. */
  readonly admittedAt?: string
  readonly dischargedAt?: string
}

export const doctor = ({ gmc, family, given }: Consultant): Field =>
  components(gmc, family, given, '', '', 'Dr', '', '', 'GMC')

/** As ITK has it: trust, ward, bed, hospital. */
const place = ({ odsCode, site }: Trust, [ward, bed]: readonly [string, string?]): Field =>
  components(odsCode, ward, bed, site)

/** @see HL7 v2.4, chapter 3.4.3 */
export const pv1 = (trust: Trust, visit: Visit): string =>
  segment('PV1', {
    1: '1',
    2: visit.patientClass,
    3: place(trust, visit.location),
    4: visit.admissionMethod,
    6: visit.priorLocation && place(trust, visit.priorLocation),
    7: doctor(visit.consultant),
    9: doctor(visit.consultant),
    10: visit.service,
    14: visit.admissionMethod === undefined ? undefined : '19',
    19: components(visit.number, '', '', 'VISITID'),
    // On clinical advice, to the usual place of residence.
    36: visit.dischargedAt === undefined ? undefined : '1',
    37: visit.dischargedAt === undefined ? undefined : '19',
    44: visit.admittedAt,
    45: visit.dischargedAt
  })

type Coded = { readonly code: string; readonly display: string }

export const pv2 = (reason: string, expectedAt?: string): string =>
  segment('PV2', { 3: components('', reason), 8: expectedAt })

export const al1 = (
  { type, code, display, severity, reaction }: (typeof codes.allergies)[number],
  since: string
): string =>
  segment('AL1', {
    1: '1',
    2: type,
    3: components(code, display, 'ICD10'),
    4: severity,
    5: components(reaction),
    6: since
  })

export const dg1 = ({ code, display }: Coded, at: string, consultant: Consultant): string =>
  segment('DG1', {
    1: '1',
    3: components(code, display, 'ICD10'),
    5: at,
    6: 'A',
    15: '1',
    16: doctor(consultant)
  })

export const pr1 = ({ code, display }: Coded, at: string, consultant: Consultant): string =>
  segment('PR1', { 1: '1', 3: components(code, display, 'OPCS4'), 5: at, 11: doctor(consultant) })
