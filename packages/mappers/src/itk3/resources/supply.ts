import { defined, type MedicationStatement, systems } from '@chesil/fhir'
import { isJson, type Json, many, one, text, word } from '../../json.ts'
import { dayOf } from '../../stu3/elements/dates.ts'
import { extensionsOf } from '../../stu3/elements/extensions.ts'
import { quantityText } from '../../stu3/elements/quantity.ts'
import type { Item } from '../../stu3/item.ts'
import { toMedicationStatement } from '../../stu3/resources/medication-statement.ts'
import { renameSystems } from '../care-connect-systems.ts'

/** STU3's words for a supply; that it was handed over says nothing of whether the medicine is still taken. */
const statuses: ReadonlyMap<string, string> = new Map([
  ['preparation', 'intended'],
  ['in-progress', 'intended'],
  ['on-hold', 'on-hold'],
  ['completed', 'active'],
  ['stopped', 'stopped'],
  ['entered-in-error', 'entered-in-error']
])

/**
 * What a pharmacy supplied, as a medicine of the person: what kind of supply is its category, how much its note,
 * and it is over when the supply is.
 */
export function toSupply(source: Json, item: Item): MedicationStatement {
  const start = text(source['whenHandedOver']) ?? text(source['whenPrepared'])
  const end = endOfSupply(dayOf(start), one(source['daysSupply']))
  const stated = word(source['status'])?.toLowerCase() ?? ''
  const [performer] = many(source['performer'])
  const medicine = toMedicationStatement(
    defined({
      identifier: source['identifier'],
      status: statuses.get(stated) ?? source['status'],
      category: source['type'] ?? source['category'],
      medicationReference: source['medicationReference'],
      medicationCodeableConcept: source['medicationCodeableConcept'],
      subject: source['subject'],
      context: source['context'],
      effectivePeriod: start === undefined ? undefined : defined({ start, end }),
      informationSource: performer?.['actor'],
      reasonNotTaken: source['notDoneReasonCodeableConcept'],
      note: [...notesOf(source), { text: supplyText(source, end) }],
      dosage: source['dosageInstruction']
    }),
    item
  )
  // A note on a status that was not sent.
  const note = medicine.note?.filter(({ text: words }) => words !== 'Status as sent: active')
  return { ...medicine, ...defined({ note, category: renameSystems(medicine.category) }) }
}

const notesOf = ({ note }: Json): readonly unknown[] =>
  Array.isArray(note) ? note : note === undefined ? [] : [note]

function supplyText(source: Json, end: string | undefined): string {
  const quantity = one(source['quantity'])
  const worded = text(extensionsOf(quantity).get('medicationquantitytext')?.[0]?.['valueString'])
  const amount = worded ?? quantityText(quantity)
  const days = quantityText(source['daysSupply'])
  const kind = isJson(source['type'])
    ? (text(source['type']['text']) ?? displayOf(source['type']))
    : undefined
  return [
    `Supplied${amount === '' ? '' : ` ${amount}`}${days === '' ? '' : `, enough for ${days}`}`,
    ...(kind === undefined ? [] : [kind]),
    ...(end === undefined ? [] : ['The end is worked out from how long the supply lasts'])
  ].join('. ')
}

const displayOf = (concept: Json): string | undefined => text(one(concept['coding'])?.['display'])

const dayMs = 86_400_000

/** @returns the last day that a supply counted in days lasts. */
function endOfSupply(start: string | undefined, supply: Json | undefined): string | undefined {
  const days = Number(supply?.['value'])
  const isDays = supply?.['code'] === 'd' && supply['system'] === systems.ucum
  if (start?.length !== 10 || !isDays || !(days >= 1 && days <= 3_660)) return undefined
  return new Date(Date.parse(start) + (Math.ceil(days) - 1) * dayMs).toISOString().slice(0, 10)
}
