import type { Dosage } from '@chesil/fhir'
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

function oneDose({ text, patientInstruction, timing, doseAndRate }: Dosage): Dose | undefined {
  const words = text ?? patientInstruction
  if (words !== undefined) return { value: plainDose(words), words }
  const quantity = doseAndRate?.[0]?.doseQuantity
  if (quantity?.value === undefined) return undefined
  const amount = `${quantity.value} ${quantity.unit ?? quantity.code ?? ''}`.trim()
  const { frequency, period, periodUnit } = timing?.repeat ?? {}
  const often = frequency === undefined ? '' : `${frequency} in ${period ?? 1} ${periodUnit ?? ''}`.trim()
  const all = [amount, timing?.code?.text ?? often].filter(Boolean).join(', ')
  const isPerDay = (period ?? 1) === 1 && periodUnit === 'd' && frequency !== undefined
  return { value: plainDose(isPerDay ? `${amount} ${frequency} times a day` : all), words: all }
}

/** The order of the words stays: less in the morning and more at night is another dose. */
function plainDose(text: string): string {
  const points = text.toLowerCase().replaceAll(/(\d)\.(\d)/g, '$1point$2')
  let plain = plainWords(points).replaceAll('point', '.')
  for (const [pattern, word] of [...numbers, ...phrases]) plain = plain.replaceAll(pattern, word)
  return plain
    .replaceAll(/(\d) (mg|mcg|ml|g|units?)\b/g, '$1$2')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
