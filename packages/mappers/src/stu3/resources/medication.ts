import { defined, type Medication } from '@chesil/fhir'
import { type Json, one, text } from '../../json.ts'
import { toConcept, toRequiredConcept } from '../elements/coding.ts'
import { toDate } from '../elements/dates.ts'
import { organisations, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'

/** The batch of STU3's package is R4's own. @see https://simplifier.net/hl7fhirukcorer4/ukcore-medication */
export function toMedication(source: Json, item: Item): Medication {
  const batch = one(one(source['package'])?.['batch'])
  const lot = defined({
    lotNumber: text(batch?.['lotNumber']),
    expirationDate: toDate(batch?.['expirationDate'], 'Expiry of the batch', item)
  })
  return defined({
    resourceType: 'Medication' as const,
    code: toRequiredConcept(source['code'], 'Medicine', item),
    manufacturer: toReference(source['manufacturer'], item, organisations),
    form: toConcept(source['form'], 'Form', item),
    batch: Object.keys(lot).length > 0 ? lot : undefined
  })
}
