import type { Patient } from '@chesil/fhir'
import {
  createPeople,
  createPractices,
  documentSearchset,
  type Person,
  pdsPatient,
  type Stu3Bundle,
  structuredRecord
} from '@chesil/synthetic'

const seed = 'gp-records'
const practices = createPractices(2)
const practice = practices[0] as (typeof practices)[number]
const baseUrl = 'https://gp.test/gpconnect'

export interface GpPatient {
  readonly nhsNumber: Person['nhsNumber']
  readonly family: string
  /** As PDS tells of them. */
  readonly demographics: Patient
  /** As their practice answers when it is asked. */
  readonly record: Stu3Bundle
  readonly documents: Stu3Bundle
}

/** Where all of them are registered. */
export const practiceCode: string = practice.odsCode

/** Made-up people with a record at one practice. */
export const gpPatients: readonly GpPatient[] = createPeople({ seed, count: 60, practices })
  .filter(({ kind }) => kind === 'ordinary')
  .map((person) => {
    const registered: Person = { ...person, practice: practice.odsCode }
    const record = structuredRecord(registered, { seed, size: 40, asAt: '2026-01-01', practice, baseUrl })
    return {
      nhsNumber: person.nhsNumber,
      family: person.name.family,
      demographics: pdsPatient(registered),
      record,
      documents: documentSearchset(record, { baseUrl })
    }
  })
