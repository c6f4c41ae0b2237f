import type { CodeableConcept } from '@chesil/fhir'
import { isEither, snomedIdsOf } from './concept.ts'

/** A medicine as it is supplied. */
export interface Product {
  /** Ids of dm+d: of the product and, where its source says so, of the brand. */
  readonly ids: ReadonlySet<string>
  /** In mg, ml, units or per cent, as its names tell. */
  readonly strengths: ReadonlySet<string>
  readonly hasForm: boolean
  readonly releases: ReadonlySet<string>
  /** Other brands of it are not taken in its place. */
  readonly isBoundToBrand: boolean
}

const forms =
  /\b(tab(let)?|cap(sule)?|inhaler|cream|ointment|gel|lotion|solution|suspension|syrup|injection|infusion|patch|spray|drop|suppositor(y|ie)|pessar(y|ie)|powder|granule|sachet|liquid|cartridge|pen|vial|ampoule|vaccine|dressing|strip|lancet|needle|shampoo|foam|enema|implant|device|nebule|mouthwash|oil|bandage)(s|es)?\b/i
const strength = /(\d[\d,]*(?:\.\d+)?)\s*(micrograms?|mcg|mg|g|ml|units?|%)(?![a-z])/gi
const inMilligrams: ReadonlyMap<string, number> = new Map([
  ['mcg', 0.001],
  ['microgram', 0.001],
  ['mg', 1],
  ['g', 1000]
])
const releaseWords: readonly (readonly [string, RegExp])[] = [
  ['modified', /\b(modified|prolonged|extended|slow|sustained)[ -]release\b|\b(m\/?r|xl|sr|cr)\b/i],
  ['gastro-resistant', /gastro-resistant|enteric[ -]coated|\be\/?c\b/i]
]

/** @see https://bnf.nice.org.uk/medicines-guidance/guidance-on-prescribing/ (medicines to be prescribed by brand) */
const boundToBrand =
  /\b(tacrolimus|ciclosporin|lithium|phenytoin|carbamazepine|phenobarbital|primidone|theophylline|aminophylline|mesalazine|diltiazem|nifedipine|methylphenidate|beclometasone|insulin|fentanyl|buprenorphine|morphine|oxycodone)\b/i

/** @returns `undefined` for what is no coded product: words alone, or a substance without strength and form. */
export function productOf(concept: CodeableConcept | undefined): Product | undefined {
  const ids = snomedIdsOf(concept)
  const names = [concept?.text, ...(concept?.coding ?? []).map(({ display }) => display)].filter(
    (name) => name !== undefined
  )
  const all = names.join(' ; ')
  const hasForm = forms.test(all)
  if (ids.size === 0 || (!hasForm && !/\d/.test(all))) return undefined
  return {
    ids,
    strengths: new Set(
      [...all.matchAll(strength)].map(([, number = '', unit = '']) => inOneUnit(number, unit))
    ),
    hasForm,
    releases: new Set(releaseWords.flatMap(([release, words]) => (words.test(all) ? [release] : []))),
    isBoundToBrand: boundToBrand.test(all)
  }
}

function inOneUnit(number: string, unit: string): string {
  const plain = unit.toLowerCase().replace(/s$/, '')
  const factor = inMilligrams.get(plain)
  const value = Number(number.replaceAll(',', ''))
  return factor === undefined ? `${value} ${plain}` : `${Number((value * factor).toPrecision(12))} mg`
}

/**
 * The same product, by id. Where each names an id that the other does not, brands differ. Names that
 * contradict the id (another strength or release) are believed: one of the codes is wrong, or names a substance.
 */
export function isSameProduct(a: Product, b: Product): boolean {
  if (!isEither(a.ids, b.ids)) return false
  if ((a.isBoundToBrand || b.isBoundToBrand) && a.ids.size !== b.ids.size) return false
  if (a.strengths.size > 0 && b.strengths.size > 0 && !isEither(a.strengths, b.strengths)) return false
  const isReleaseKnown = a.hasForm && b.hasForm
  return !isReleaseKnown || (a.releases.size === b.releases.size && a.releases.isSubsetOf(b.releases))
}
