import { createNhsNumbers, createRandom } from '@chesil/synthetic'
import { assignPractices, type GpRecordFile } from './gp-records.ts'
import { createFileRecord } from './held-record.ts'
import { patientToPerson } from './patient-to-person.ts'
import { createWorld, type PersonState, type World } from './world.ts'

/** A world of the people whose records lie in a folder, with as many practices as they need. */
export function createRecordWorld(records: readonly GpRecordFile[]): World {
  const practices = assignPractices(records)
  const people = records.flatMap((file): PersonState | [] => {
    const practice = practices.get(file.nhsNumber)
    if (!practice) return []
    const patient = file.bundle.entry
      .map(({ resource }) => resource)
      .find((resource) => resource?.resourceType === 'Patient')
    return {
      person: patientToPerson(patient, { nhsNumber: file.nhsNumber, practice: practice.odsCode }),
      confidentiality: 'U',
      invalidated: false,
      dissents: false,
      inTransit: false,
      version: 1,
      record: createFileRecord(file.text)
    }
  })
  return createWorld({
    practices: [...new Set(practices.values())],
    people,
    nextNhsNumber: createNhsNumbers(createRandom('later'))
  })
}
