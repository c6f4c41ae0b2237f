import {
  type CodeableConcept,
  findDateInterval,
  type Period,
  type Quantity,
  type Reference
} from '@chesil/fhir'
import { clockText, dayText } from '../completeness/clock-text.ts'

/** What a concept says to a reader: its text, as its source wrote it, else the display of a code. */
export function conceptText(concept: CodeableConcept | undefined): string | undefined {
  if (!concept) return undefined
  const { text, coding = [] } = concept
  const chosen = coding.find(({ userSelected }) => userSelected) ?? coding[0]
  return text?.trim() || chosen?.display || coding.find(({ display }) => display)?.display || chosen?.code
}

export const conceptTexts = (concepts: readonly CodeableConcept[] | undefined): string[] =>
  (concepts ?? []).flatMap((concept) => conceptText(concept) ?? [])

/** Of a status that is a concept, its code. */
export const codeText = (concept: CodeableConcept | undefined): string | undefined =>
  concept?.coding?.[0]?.code ?? concept?.text

/** `5,000 units`, `0.5 mg`: number and unit never part, a number under one has its nought. */
export function quantityText(quantity: Quantity | undefined): string | undefined {
  if (quantity?.value === undefined) return undefined
  const { value, comparator = '', unit, code } = quantity
  const number = String(value).replace(/^(-?\d+)/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','))
  return `${comparator}${number}${(unit ?? code) ? `\u00a0${unit ?? code}` : ''}`
}

/**
 * A FHIR date as clinicians read it, as precise as it is: `2026`, `Apr-2026`, `05-Apr-2026`, `05-Apr-2026 09:05`.
 *
 * @see ISB 1505, NHS Common User Interface: date and time display
 */
export function dateText(date: string): string {
  const interval = findDateInterval(date)
  if (!interval || date.length === 4) return date
  if (date.length === 7) return dayText(interval.low).slice(3)
  return date.length === 10 ? dayText(interval.low) : clockText(interval.low)
}

export function periodText(period: Period | undefined): string | undefined {
  if (!period?.start && !period?.end) return undefined
  if (!period.end) return `since ${dateText(period.start as string)}`
  return period.start
    ? `${dateText(period.start)} to ${dateText(period.end)}`
    : `until ${dateText(period.end)}`
}

export const displaysOf = (references: readonly (Reference | undefined)[] | undefined): string[] =>
  (references ?? []).flatMap((reference) => reference?.display ?? [])

/** A code as words: `in-progress` is “in progress”. */
export const plain = (code: string | undefined): string | undefined => code?.replaceAll('-', ' ')
