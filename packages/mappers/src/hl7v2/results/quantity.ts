import { defined, type Extension, type Quantity, systems } from '@chesil/fhir'
import type { WrittenNumber } from './number.ts'
import units from './tables/units.json' with { type: 'json' }

/** What a number counts, as its source writes it, and in UCUM where that is certain. */
export type Unit = Pick<Quantity, 'unit' | 'system' | 'code'>

const ucumCodes: ReadonlyMap<string, string> = new Map(Object.entries(units))
const ucumPattern = /^[!-~]{1,50}$/

/**
 * @param identifier OBX-6.1
 * @param words OBX-6.2, where there is no identifier
 * @param codeSystem OBX-6.3
 */
export function toUnit(identifier: string, words: string, codeSystem: string): Unit {
  const unit = identifier || words
  if (unit === '') return {}
  const code = findUcumCode(identifier, codeSystem) ?? ucumCodes.get(unit.trim())
  return code === undefined ? { unit } : { unit, system: systems.ucum, code }
}

const findUcumCode = (identifier: string, codeSystem: string): string | undefined =>
  /^(UCUM|2\.16\.840\.1\.113883\.6\.8)$/i.test(codeSystem) && ucumPattern.test(identifier)
    ? (ucumCodes.get(identifier) ?? identifier)
    : undefined

/** @see http://hl7.org/fhir/StructureDefinition/quantity-precision */
const precisionUrl = 'http://hl7.org/fhir/StructureDefinition/quantity-precision'

/** JSON forgets the noughts of `10.00`, which say how exactly it was measured: they are kept beside it. */
type PreciseQuantity = Quantity & { readonly _value?: { readonly extension: readonly Extension[] } }

export function toQuantity({ value, comparator, decimals }: WrittenNumber, unit: Unit): Quantity {
  const shown = String(value).split('.')[1]?.length ?? 0
  const isShortened = decimals > shown && !String(value).includes('e')
  const quantity: PreciseQuantity = defined({
    value,
    _value: isShortened ? { extension: [{ url: precisionUrl, valueInteger: decimals }] } : undefined,
    comparator,
    ...unit
  })
  return quantity
}
