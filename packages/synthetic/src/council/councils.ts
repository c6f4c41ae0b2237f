import { type OdsCode, parseOdsCode } from '@chesil/fhir'
import type { Council } from './case-file.ts'
import table from './councils.json' with { type: 'json' }

/** A council that nobody elects. */
export interface CouncilOrganisation extends Council {
  readonly odsCode: OdsCode
  /** Of its adult social care. */
  readonly telephone: string
}

/** Dorset has two. */
export const maxCouncils = table.length

/**
 * @param count 0 to 3; a council keeps what it is when there are more.
 * @throws RangeError outside of that.
 */
export function createCouncils(count: number): readonly CouncilOrganisation[] {
  if (!Number.isInteger(count) || count < 0 || count > maxCouncils) {
    throw new RangeError(`Up to ${maxCouncils} councils can be made`)
  }
  return table.slice(0, count).map((council) => ({ ...council, odsCode: parseOdsCode(council.odsCode) }))
}
