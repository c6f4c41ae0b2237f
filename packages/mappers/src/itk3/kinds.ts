import type { Kind } from '../stu3/item.ts'
import { kinds as common } from '../stu3/kinds.ts'
import { isHospital, toAttendance } from './resources/attendance.ts'
import { toImpression } from './resources/clinical-impression.ts'
import { toDiagnosis } from './resources/diagnosis.ts'
import { toDischargeMedicine } from './resources/discharge-medicine.ts'
import { toProcedure } from './resources/procedure.ts'
import { toSupply } from './resources/supply.ts'

/**
 * The types of resource that ITK3 sends: those that GP Connect has too, in the same shape of STU3, and those that
 * are otherwise or only here.
 */
export const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...common,
  [
    'ClinicalImpression',
    { r4Type: 'Observation', role: 'clinical', home: () => 'consultations', map: toImpression }
  ],
  ['Condition', { r4Type: 'Condition', role: 'clinical', home: () => 'problems', map: toDiagnosis }],
  [
    'Encounter',
    {
      r4Type: 'Encounter',
      role: 'clinical',
      home: (source) => (isHospital(source) ? 'admissions' : 'consultations'),
      map: toAttendance
    }
  ],
  [
    'MedicationDispense',
    { r4Type: 'MedicationStatement', role: 'clinical', home: () => 'medications', map: toSupply }
  ],
  [
    'MedicationStatement',
    { r4Type: 'MedicationStatement', role: 'clinical', home: () => 'medications', map: toDischargeMedicine }
  ],
  ['Procedure', { r4Type: 'Procedure', role: 'clinical', home: () => 'procedures', map: toProcedure }]
])

/** What carries the message and is no item of anybody's record; the document is kept whole beside it. */
export const carriers: ReadonlySet<string> = new Set([
  ...['Binary', 'Bundle', 'Composition', 'MessageHeader', 'OperationOutcome', 'Parameters', 'Provenance']
])
