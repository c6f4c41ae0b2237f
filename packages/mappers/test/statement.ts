import type { Section, SectionStatement } from '@chesil/contracts'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf } from './asking.ts'
import { bundle, patient, type Stu3 } from './stu3.ts'

/** What an answer with these resources, and the person's own, says of one section. */
export function statement(section: Section, ...resources: Stu3[]): SectionStatement | undefined {
  const mapped = structuredRecordToContribution(bundle(patient(), ...resources), asking())
  return contributionOf(mapped).sections.find((one) => one.section === section)
}
