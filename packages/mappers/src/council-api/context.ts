import type { Section } from '@chesil/contracts'
import type { Stu3Context } from '../stu3/context.ts'
import type { AskedPerson } from '../stu3/person.ts'

/** What a council's answer does not say of itself. */
export interface CouncilContext extends Pick<Stu3Context, 'patientId' | 'resourceId'> {
  readonly person: AskedPerson
  /** `compareDemographics` of care-record, with what PDS says of the person. */
  readonly judge: (claimed: CouncilClaim) => 'agrees' | 'twin' | 'differs' | 'insufficient'
  /** The catalogue entry of the council's system. */
  readonly source: {
    readonly id: string
    readonly odsCode: string
    readonly name: string
    /** URI of the council's own numbers of persons. */
    readonly patientNumberSystem: string
  }
}

/** Whom the council means, in its words. */
export interface CouncilClaim {
  readonly birthDate?: string
  readonly family?: string
  readonly given?: readonly string[]
}

/** Of which a whole answer speaks whole. */
export const councilSections = [
  'demographics',
  'services',
  'people',
  'assessments',
  'alerts'
] as const satisfies readonly Section[]
