import { type CodeableConcept, chesil, systems } from '@chesil/fhir'

/**
 * What can be said of a section that shows nothing current. Codes of the system `chesil.absence`, described for
 * readers in docs/summary.md; `emptyReason` is the nearest of FHIR's own.
 *
 * FHIR's `closed` is never said: no section of ours is closed, since a source may speak at any time.
 *
 * @see https://hl7.org/fhir/R4/valueset-list-empty-reason.html
 */
export const absenceCodes = {
  'none-known': { emptyReason: 'nilknown', display: 'A source says that there are none' },
  'none-recorded': { emptyReason: 'notasked', display: 'Nothing recorded; nobody says that there are none' },
  withheld: { emptyReason: 'withheld', display: 'May be withheld from this reader' },
  quarantined: { emptyReason: 'unavailable', display: 'Items were kept out of this record' },
  'not-shared': { emptyReason: 'withheld', display: 'A source does not share it' },
  'source-silent': { emptyReason: 'unavailable', display: 'A source did not say' },
  'section-unsupported': { emptyReason: 'unavailable', display: 'A source cannot provide it' }
} as const satisfies Record<string, { emptyReason: string; display: string }>

export type AbsenceCode = keyof typeof absenceCodes

/** Why less may be shown than there is. */
export type GapReason = Exclude<AbsenceCode, 'none-known' | 'none-recorded'>

/** Of several reasons the first is the one that a section is empty for. */
export const gapOrder: readonly GapReason[] = [
  'withheld',
  'quarantined',
  'not-shared',
  'source-silent',
  'section-unsupported'
]

const emptyDisplays: Readonly<Record<string, string>> = {
  nilknown: 'Nil Known',
  notasked: 'Not Asked',
  withheld: 'Information Withheld',
  unavailable: 'Unavailable'
}

/** As `List.emptyReason` and `Composition.section.emptyReason`: FHIR's code, ours, and the words. */
export function toEmptyReason(code: AbsenceCode, text: string): CodeableConcept {
  const { emptyReason, display } = absenceCodes[code]
  return {
    coding: [
      { system: systems.listEmptyReason, code: emptyReason, display: emptyDisplays[emptyReason] ?? '' },
      { system: chesil.absence, code, display }
    ],
    text
  }
}
