import { type Dosage, defined } from '@chesil/fhir'
import { count, each, flag, isJson, type Json, some, text } from '../../json.ts'
import type { Item } from '../item.ts'
import { toConcept, toConcepts } from './coding.ts'
import { toRange, toRatio, toSimpleQuantity } from './quantity.ts'
import { toTiming } from './timing.ts'

/**
 * R4 gathers dose and rate under `doseAndRate`.
 *
 * @see https://hl7.org/fhir/R4/dosage.html
 */
function toDosage(source: Json, item: Item): Dosage | undefined {
  const asNeededCodeableConcept = toConcept(source['asNeededCodeableConcept'], 'As needed', item)
  const dosage = defined({
    sequence: count(source['sequence']),
    text: text(source['text']),
    additionalInstruction: toConcepts(source['additionalInstruction'], 'Additional instruction', item),
    patientInstruction: text(source['patientInstruction']),
    timing: toTiming(source['timing'], item),
    asNeededBoolean: asNeededCodeableConcept === undefined ? flag(source['asNeededBoolean']) : undefined,
    asNeededCodeableConcept,
    site: toConcept(source['site'], 'Site', item),
    route: toConcept(source['route'], 'Route', item),
    method: toConcept(source['method'], 'Method', item),
    doseAndRate: toDoseAndRate(source, item),
    maxDosePerPeriod: toRatio(source['maxDosePerPeriod'], 'Maximum dose', item),
    maxDosePerAdministration: toSimpleQuantity(
      source['maxDosePerAdministration'],
      'Maximum single dose',
      item
    ),
    maxDosePerLifetime: toSimpleQuantity(source['maxDosePerLifetime'], 'Maximum lifetime dose', item)
  })
  return Object.keys(dosage).length > 0 ? dosage : undefined
}

function toDoseAndRate(source: Json, item: Item): Dosage['doseAndRate'] {
  const doseRange = isJson(source['doseRange']) ? toRange(source['doseRange'], 'Dose', item) : undefined
  const rateRatio = isJson(source['rateRatio']) ? toRatio(source['rateRatio'], 'Rate', item) : undefined
  const rateRange = rateRatio === undefined ? toRange(source['rateRange'], 'Rate', item) : undefined
  const isRated = rateRatio !== undefined || rateRange !== undefined
  const found = defined({
    doseRange,
    doseQuantity:
      doseRange === undefined ? toSimpleQuantity(source['doseQuantity'], 'Dose', item) : undefined,
    rateRatio,
    rateRange,
    rateQuantity: isRated ? undefined : toSimpleQuantity(source['rateQuantity'], 'Rate', item)
  })
  return some(Object.keys(found).length > 0 ? [found] : [])
}

export const toDosages = (value: unknown, item: Item): Dosage[] | undefined =>
  each(value, (source) => toDosage(source, item))
