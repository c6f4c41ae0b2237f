import { type Condition, systems } from '@chesil/fhir'
import type { Json } from '../../json.ts'
import type { Item } from '../../stu3/item.ts'
import { toCondition } from '../../stu3/resources/condition.ts'

const encounterDiagnosis = {
  coding: { system: systems.conditionCategory, code: 'encounter-diagnosis', display: 'Encounter Diagnosis' }
}

/** What a document calls no problem of the person's list is a diagnosis of the time that it tells of. */
export const toDiagnosis = (source: Json, item: Item): Condition =>
  toCondition('category' in source ? source : { ...source, category: encounterDiagnosis }, item)
