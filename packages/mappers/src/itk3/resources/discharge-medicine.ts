import { chesil, type Extension, type MedicationStatement } from '@chesil/fhir'
import { isJson, type Json, many, one, text, word } from '../../json.ts'
import { dayOf } from '../../stu3/elements/dates.ts'
import { findTarget } from '../../stu3/elements/references.ts'
import type { Item } from '../../stu3/item.ts'
import { currencyOf, currencyUntil } from '../../stu3/medicine-currency.ts'
import { toMedicationStatement } from '../../stu3/resources/medication-statement.ts'
import { readChange, toChangeExtension } from './medicine-change.ts'

const lasting = new Set(['active', 'intended', 'unknown', ''])

/**
 * A medicine of a discharge summary or letter: whether it is new, changed, continued, on hold or stopped, with the
 * reason and the date. One that was stopped is never an active one, whatever its own status says.
 *
 * @see https://developer.nhs.uk/apis/itk3tocedischarge-2-8-1/
 */
export function toDischargeMedicine(source: Json, item: Item): MedicationStatement {
  const change = readChange(source, item)
  const isStopped = change?.status === 'stopped' || isInListOfStopped(item)
  const stated = word(source['status'])?.toLowerCase() ?? ''
  const status = statusAfter(stated, isStopped, change?.status === 'on-hold')
  if (status !== stated && stated !== '') item.unread.push(`Status as sent: ${stated}`)
  const medicine = toMedicationStatement({ ...source, status }, item)
  const stopped = isStopped ? { ...change, status: 'stopped' as const } : change
  return withCurrency(medicine, source, {
    extension: stopped ? [toChangeExtension(stopped)] : [],
    today: item.answer.asAtDay
  })
}

function statusAfter(stated: string, isStopped: boolean, isOnHold: boolean): string {
  if (!lasting.has(stated)) return stated
  if (isStopped) return 'stopped'
  return isOnHold ? 'on-hold' : stated
}

/** One that no list of stopped medicines names is not stopped by any. */
function isInListOfStopped(item: Item): boolean {
  return item.answer.items.some(
    (list) =>
      list.type === 'List' &&
      /\b(discontinued|stopped|ceased)\b/i.test(wordsOf(list.source)) &&
      many(list.source['entry']).some(
        (entry) => findTarget(word(one(entry['item'])?.['reference']) ?? '', list) === item
      )
  )
}

function wordsOf(list: Json): string {
  const code = isJson(list['code']) ? list['code'] : {}
  const displays = many(code['coding']).map((coding) => text(coding['display']))
  return [text(list['title']), text(code['text']), ...displays].join(' ')
}

/** Where a document gives no time of the medicine, it was so on the day of the document. */
function withCurrency(
  medicine: MedicationStatement,
  source: Json,
  { extension, today }: { readonly extension: readonly Extension[]; readonly today: string }
): MedicationStatement {
  const start = dayOf(source['dateAsserted'])
  const isTimed = medicine.effectivePeriod !== undefined || medicine.effectiveDateTime !== undefined
  if (isTimed || start === undefined)
    return { ...medicine, extension: [...(medicine.extension ?? []), ...extension] }
  const facts = { status: medicine.status, isRepeatable: false, start }
  const until = currencyUntil(facts, today)
  const others = medicine.extension?.filter(
    ({ url }) => url !== chesil.medicineCurrency && url !== chesil.medicineCurrencyUntil
  )
  return {
    ...medicine,
    extension: [
      { url: chesil.medicineCurrency, valueCode: currencyOf(facts, today) },
      ...(until === undefined ? [] : [{ url: chesil.medicineCurrencyUntil, valueDate: until }]),
      ...(others ?? []),
      ...extension
    ]
  }
}
