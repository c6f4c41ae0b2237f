import type { Dosage, DosageDoseAndRate, Timing } from '@chesil/fhir'
import { plainWords } from './concept.ts'

/** How a medicine is taken: its words, and what is compared. */
export interface Dose {
  readonly value: string
  readonly words: string
}

const numbers: readonly (readonly [RegExp, string])[] = [
  [/\bone\b/g, '1'],
  [/\btwo\b/g, '2'],
  [/\bthree\b/g, '3'],
  [/\bfour\b/g, '4'],
  [/\b(half|½)\b/g, '0.5']
]
/** Ways of writing that mean one thing; what is not among them counts as different. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\b(once (a|per|each) day|once daily|1 (time|times) (a|per) day|od)\b/g, '1/day'],
  [/\b(twice (a|per|each) day|twice daily|2 times (a|per) day|2 times daily|bd|b d|bid)\b/g, '2/day'],
  [/\b(3 times (a|per|each) day|3 times daily|tds|tid)\b/g, '3/day'],
  [/\b(4 times (a|per|each) day|4 times daily|qds|qid)\b/g, '4/day'],
  [/\b(daily|every day|each day)\b/g, '1/day'],
  [/\b(in the morning|each morning|every morning|om|mane)\b/g, 'morning'],
  [/\b(at night|each night|every night|nocte|at bedtime)\b/g, 'night'],
  [/\b(when required|as required|if required|when needed|as needed|prn)\b/g, 'when-required'],
  [/\b(take|to be taken|use|inhale|apply|a|the|by mouth|orally)\b/g, ' '],
  [/\b(tablet|capsule|dose|drop)s\b/g, '$1'],
  [/\bpuffs?\b/g, 'dose'],
  [/\b(micrograms?|mcgs?)\b/g, 'mcg'],
  [/\b(tab|tabs)\b/g, 'tablet'],
  [/\b(cap|caps)\b/g, 'capsule']
]

/** @returns `undefined` where none is told. Of what is told in numbers alone, the numbers are compared. */
export function doseOf(dosages: readonly Dosage[] | undefined): Dose | undefined {
  const told = (dosages ?? []).flatMap((dosage) => oneDose(dosage) ?? [])
  if (told.length === 0) return undefined
  return {
    value: told
      .map(({ value }) => value)
      .sort()
      .join(' + '),
    words: told.map(({ words }) => words).join('; ')
  }
}

const isAsNeeded = ({ asNeededBoolean, asNeededCodeableConcept }: Dosage): boolean =>
  asNeededBoolean === true || asNeededCodeableConcept !== undefined

/** One amount, or from one to another. */
function amountOf({ doseQuantity, doseRange }: DosageDoseAndRate): string | undefined {
  const { value, unit, code } = doseQuantity ?? doseRange?.high ?? doseRange?.low ?? {}
  if (value === undefined) return undefined
  const from = doseRange?.low?.value
  return `${from === undefined ? value : `${from}-${doseRange?.high?.value ?? ''}`} ${unit ?? code ?? ''}`.trim()
}

function oneDose(dosage: Dosage): Dose | undefined {
  const { text, patientInstruction, timing, doseAndRate } = dosage
  const words = text ?? patientInstruction
  if (words !== undefined) return { value: plainDose(words), words }
  const amount = (doseAndRate ?? []).flatMap((one) => amountOf(one) ?? []).join(' + ')
  if (amount === '') return undefined
  const whenNeeded = isAsNeeded(dosage) ? 'when required' : ''
  const all = [amount, timing?.code?.text ?? oftenOf(timing), whenNeeded].filter(Boolean).join(', ')
  const perDay = timesADay(timing)
  const compared = perDay === undefined ? all : `${amount} ${perDay} times a day ${whenNeeded}`
  return { value: plainDose(compared), words: all }
}

function oftenOf(timing: Timing | undefined): string {
  const { frequency, period = 1, periodUnit = '' } = timing?.repeat ?? {}
  return frequency === undefined ? '' : `${frequency} in ${period} ${periodUnit}`.trim()
}

function timesADay(timing: Timing | undefined): number | undefined {
  const { frequency, period = 1, periodUnit } = timing?.repeat ?? {}
  return period === 1 && periodUnit === 'd' ? frequency : undefined
}

/** The order of the words stays: less in the morning and more at night is another dose. */
function plainDose(text: string): string {
  // Marks between figures are no punctuation: .5 is a tenth of 5, and 1/2 is not from 1 to 2.
  const marked = text
    .toLowerCase()
    .replaceAll(/(^|[^\d.])\.(\d)/g, '$10.$2')
    .replaceAll(/(\d)\.(\d)/g, '$1point$2')
    .replaceAll(/(\d)\s*\/\s*(\d)/g, '$1slash$2')
    .replaceAll(/(\d)\s*(?:-|–|\bto\b)\s*(\d)/g, '$1dash$2')
  let plain = plainWords(marked)
    .replaceAll(/(\d)point(\d)/g, '$1.$2')
    .replaceAll(/\b1slash2\b/g, '0.5')
    .replaceAll(/(\d)slash(\d)/g, '$1/$2')
    .replaceAll(/(\d)dash(\d)/g, '$1-$2')
  for (const [pattern, word] of [...numbers, ...phrases]) plain = plain.replaceAll(pattern, word)
  return plain
    .replaceAll(/(\d) (mg|mcg|ml|g|units?)\b/g, '$1$2')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
