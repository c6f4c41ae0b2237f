import type { Dosage, DosageDoseAndRate, Quantity, Range, Timing } from '@chesil/fhir'
import { plainWords } from './concept.ts'

/** How a medicine is taken: its words, and what is compared. */
export interface Dose {
  readonly value: string
  /** What is told in numbers beside words: a source may leave that out. */
  readonly detail?: string
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
  const details = told.map(({ detail }) => detail ?? '').sort()
  return {
    value: told
      .map(({ value }) => value)
      .sort()
      .join(' + '),
    ...(details.some(Boolean) && { detail: details.join(' + ') }),
    words: told.map(({ words }) => words).join('; ')
  }
}

const isAsNeeded = ({ asNeededBoolean, asNeededCodeableConcept }: Dosage): boolean =>
  asNeededBoolean === true || asNeededCodeableConcept !== undefined

/** One amount, or from one to another; or how fast. */
function amountOf({
  doseQuantity,
  doseRange,
  rateQuantity,
  rateRange,
  rateRatio
}: DosageDoseAndRate): string {
  const dose = quantityOf(doseQuantity, doseRange)
  const rate = rateRatio
    ? `${quantityOf(rateRatio.numerator)} in ${quantityOf(rateRatio.denominator)}`
    : quantityOf(rateQuantity, rateRange)
  return [dose, rate && `at ${rate}`].filter(Boolean).join(' ')
}

function quantityOf(quantity: Quantity | undefined, range?: Range): string {
  const { value, unit, code } = quantity ?? range?.high ?? range?.low ?? {}
  if (value === undefined) return ''
  const from = range?.low?.value
  return `${from === undefined ? value : `${from}-${range?.high?.value ?? ''}`} ${unit ?? code ?? ''}`.trim()
}

function oneDose(dosage: Dosage): Dose | undefined {
  const { text, patientInstruction, doseAndRate } = dosage
  const told = [...new Set([text, patientInstruction].filter((one) => one !== undefined))].join(', ')
  const amount = (doseAndRate ?? []).map(amountOf).filter(Boolean).join(' + ')
  if (told !== '') return doseInWords(told, amount, dosage)
  if (amount === '') return undefined
  const limits = limitsOf(dosage, '')
  const all = [amount, dosage.timing?.code?.text ?? oftenOf(dosage.timing), ...limits]
    .filter(Boolean)
    .join(', ')
  const perDay = timesADay(dosage.timing)
  const compared =
    perDay === undefined ? all : [amount, `${perDay} times a day`, ...limits].filter(Boolean).join(' ')
  return { value: plainDose(compared), words: all }
}

/** Of what is told in numbers too, only what bounds the dose, and the words do not say, counts for every source. */
function doseInWords(told: string, amount: string, { timing, ...dosage }: Dosage): Dose {
  const plain = plainDose(told)
  const limits = limitsOf({ ...dosage, ...(timing && { timing }) }, plain)
  const detail = [amount, JSON.stringify(timing?.repeat ?? {})].join(' ')
  return {
    value: [plain, ...limits.map(plainDose)].join(' '),
    ...((amount !== '' || timing?.repeat) && { detail }),
    words: [told, ...limits].join(', ')
  }
}

/** When, on which days, only if needed, and how much at most, as far as `said` does not tell it. */
function limitsOf(dosage: Dosage, said: string): readonly string[] {
  const { when = [], dayOfWeek = [], timeOfDay = [] } = dosage.timing?.repeat ?? {}
  const isTold = said !== ''
  return [
    // Of words, the times of day are part of the detail: “at night” is written in many ways.
    ...(isTold ? [] : when.map((code) => times.get(code) ?? code)),
    ...(isTold ? [] : timeOfDay),
    ...dayOfWeek.filter((day) => !said.includes(day)).map((day) => `on ${day}`),
    ...(isAsNeeded(dosage) && !said.includes('when-required') ? ['when required'] : []),
    ...(/\bmax/.test(said) ? [] : mostOf(dosage))
  ]
}

const times: ReadonlyMap<string, string> = new Map([
  ['MORN', 'in the morning'],
  ['NOON', 'at noon'],
  ['AFT', 'in the afternoon'],
  ['EVE', 'in the evening'],
  ['NIGHT', 'at night'],
  ['HS', 'at night']
])

function mostOf({
  maxDosePerPeriod,
  maxDosePerAdministration,
  maxDosePerLifetime
}: Dosage): readonly string[] {
  const { numerator, denominator } = maxDosePerPeriod ?? {}
  const perPeriod = numerator && `max ${quantityOf(numerator)} in ${quantityOf(denominator)}`
  const each = maxDosePerAdministration && `max ${quantityOf(maxDosePerAdministration)} at once`
  const ever = maxDosePerLifetime && `max ${quantityOf(maxDosePerLifetime)} ever`
  return [perPeriod, each, ever].filter((one) => one !== undefined)
}

function oftenOf(timing: Timing | undefined): string {
  const { frequency, frequencyMax, period = 1, periodMax, periodUnit = '' } = timing?.repeat ?? {}
  if (frequency === undefined) return ''
  const most = frequencyMax === undefined ? '' : `-${frequencyMax}`
  const longest = periodMax === undefined ? '' : `-${periodMax}`
  return `${frequency}${most} in ${period}${longest} ${periodUnit}`.trim()
}

/** Where that is all there is to say of how often. */
function timesADay(timing: Timing | undefined): number | undefined {
  const { frequency, frequencyMax, period = 1, periodMax, periodUnit } = timing?.repeat ?? {}
  const isPlain = frequencyMax === undefined && periodMax === undefined
  return isPlain && period === 1 && periodUnit === 'd' ? frequency : undefined
}

/** The order of the words stays: less in the morning and more at night is another dose. */
function plainDose(text: string): string {
  // Marks between figures are no punctuation: .5 is a tenth of 5, and 1/2 is not from 1 to 2.
  const marked = text
    .toLowerCase()
    .replaceAll(/[<≤]/g, ' under ')
    .replaceAll(/[>≥]/g, ' over ')
    .replaceAll('+', ' plus ')
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
