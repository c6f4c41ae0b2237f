import { type Immunization, ukCoreExtension } from '@chesil/fhir'
import { conceptKeys, intersects, plainWords } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  /** Of the vaccine and of the procedure of giving it. */
  readonly codes: ReadonlySet<string>
  readonly identifiers: ReadonlySet<string>
  readonly lot: string | undefined
  readonly when: When | undefined
  readonly status: Immunization['status']
}

/** A vaccine, or its lot, and a day. */
export const immunizations: Kind<Immunization, Facts> = {
  types: ['Immunization'],
  joinsWithinSource: false,
  read(immunization) {
    if (immunization.status === 'entered-in-error') return undefined
    const procedures = (immunization.extension ?? []).flatMap(({ url, valueCodeableConcept }) =>
      url === ukCoreExtension('VaccinationProcedure') && valueCodeableConcept ? [valueCodeableConcept] : []
    )
    const lot = plainWords(immunization.lotNumber ?? '').replaceAll(' ', '')
    return {
      codes: conceptKeys([immunization.vaccineCode, ...procedures]),
      identifiers: identifierKeys(immunization.identifier),
      // Words in its place, such as “not known”, are no lot.
      lot: /\d/.test(lot) ? lot : undefined,
      when: whenOf(immunization.occurrenceDateTime),
      status: immunization.status
    }
  },
  blocks: ({ codes, lot, identifiers }) => [
    ...codes,
    ...identifiers,
    ...(lot === undefined ? [] : [`lot ${lot}`])
  ],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    if (intersects(a.identifiers, b.identifiers)) return 'alike'
    const isOneVaccine = intersects(a.codes, b.codes)
    const isOneLot = a.lot !== undefined && a.lot === b.lot
    if (!isOneVaccine && !isOneLot) return 'different'
    if (!a.when || !b.when || !mayCoincide(a.when, b.when)) return 'different'
    return isOneVaccine && a.status === b.status ? 'alike' : 'same'
  },
  rank: ({ status }) => [status === 'completed' ? 0 : 1],
  aspects: ({ status }) => [{ kind: 'status', value: status, words: status }]
}
