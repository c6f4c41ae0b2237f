import { readdirSync } from 'node:fs'
import * as path from 'node:path'
import { systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { sectionOfType } from '../../src/index.ts'
import { type Loose, nhsNumber } from '../asking.ts'
import { areHere, orSkip, readData } from '../on-disk.ts'
import { contribution, entriesOf, issuesOf, page, patient, theirs } from './trust.ts'

const folder = ['ukcore', 'examples-json-converted'] as const
const here = path.resolve(import.meta.dirname, '../../../../../shared/data', ...folder)
const askedTypes =
  /^UKCore-(?:VitalSigns-)?(AllergyIntolerance|Appointment|Condition|DiagnosticReport|DocumentReference|Encounter|Immunization|MedicationRequest|MedicationStatement|Observation|Procedure|ServiceRequest)-/
const files = areHere ? readdirSync(here).filter((file) => askedTypes.test(file)) : []

/** Published examples that are no valid resources of a person, and where. */
const keptOut: Readonly<Record<string, string>> = {
  'UKCore-Observation-FingerJointInflamed-Example.json': 'no-subject Observation.subject'
}

/** The example as the search would give it: about the person who was asked about. */
function readExample(file: string): Loose {
  const example = readData(...folder, file)
  const { resourceType: type } = example
  if (type === 'Appointment') {
    const participants: Loose[] = example['participant']
    for (const { actor } of participants)
      if (/^Patient\//.test(actor?.reference)) Object.assign(actor, theirs)
  } else if ('subject' in example || 'patient' in example) {
    example[type === 'AllergyIntolerance' || type === 'Immunization' ? 'patient' : 'subject'] = theirs
  }
  return example
}

describe.skipIf(!areHere)(`UK Core’s published examples (${orSkip})`, () => {
  test.each(files)('%s', (file) => {
    const example = readExample(file)
    const type: string = example['resourceType']
    const mapped = contribution({ [type]: { pages: [page([example])] } })
    const [entry] = entriesOf(mapped)
    const outcome = mapped.quarantined[0]
      ? `${mapped.quarantined[0].reason} ${mapped.quarantined[0].expression}`
      : issuesOf(entry?.resource)
          .map(({ layer, expression, message }) => `${layer} ${expression} ${message}`)
          .join()
    expect(outcome).toBe(keptOut[file] ?? '')
    if (keptOut[file]) return
    expect(entry).toMatchObject({
      sourceResourceId: `${type}/${example['id']}`,
      sections: [sectionOfType(type)]
    })
  })

  test('a person', () => {
    const example = readData(...folder, 'UKCore-Patient-RichardSmith-Example.json')
    const { identifier: _, birthDate, ...rest } = example
    const found = patient({
      ...rest,
      id: 'p1',
      birthDate,
      identifier: [{ system: systems.nhsNumber, value: nhsNumber }]
    })
    const person = { nhsNumbers: [nhsNumber], birthDate }
    const [entry] = contribution({}, { found: [found], person }).entries
    expect(issuesOf(entry?.resource)).toEqual([])
  })
})
