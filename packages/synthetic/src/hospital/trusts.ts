import { type OdsCode, parseOdsCode } from '@chesil/fhir'
import table from './trusts.json' with { type: 'json' }

/** A hospital trust that nobody runs. */
export interface Trust {
  readonly odsCode: OdsCode
  readonly name: string
  /** ODS code of its one hospital. */
  readonly site: string
  readonly telephone: string
  /** What its systems call themselves in MSH-3. */
  readonly applications: {
    /** Admissions, demographics, appointments. */
    readonly administration: string
    readonly laboratory: string
    readonly letters: string
  }
}

/** Dorset has three acute trusts. */
export const maxTrusts = table.length

/**
 * @param count 0 to 3; a trust keeps what it is when there are more.
 * @throws RangeError outside of that.
 */
export function createTrusts(count: number): readonly Trust[] {
  if (!Number.isInteger(count) || count < 0 || count > maxTrusts) {
    throw new RangeError(`Up to ${maxTrusts} trusts can be made`)
  }
  return table.slice(0, count).map(({ odsCode, ...trust }) => ({
    ...trust,
    odsCode: parseOdsCode(odsCode),
    applications: { administration: 'PAS', laboratory: 'LIMS', letters: 'EDMS' }
  }))
}
