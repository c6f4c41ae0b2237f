import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Resource } from '@chesil/fhir'
import { validateResource } from '@medplum/core'
import { describe, expect, test } from 'vitest'
import { createDefinitions } from '../src/definitions.ts'
import { createValidator } from '../src/index.ts'
import { isPlainlyValid } from '../src/plainly-valid.ts'
import { mutationsOf } from './mutations.ts'

const folder = resolve(import.meta.dirname, '../../../../shared/data/ukcore/examples-json-converted')

/** What we refuse of the 215, where, and why: some break R4, others are not as Chesil serves them. */
const refused: Readonly<Record<string, readonly [expression: string, reason: string]>> = {
  'Extension-UKCore-AdmissionMethod': ['Encounter', 'names no subject'],
  'Extension-UKCore-CareSettingType': ['Composition', 'names its subject by UUID, as inside a message'],
  'Extension-UKCore-ConditionEpisode': ['Condition.extension[0].value', 'R4: one extension with two values'],
  'Extension-UKCore-DiagnosticReportMediaLinkR5': ['DiagnosticReport', 'names no subject'],
  'Extension-UKCore-DischargeMethod': ['Encounter', 'names no subject'],
  'Extension-UKCore-EmergencyCareDischargeStatus': ['Encounter', 'names no subject'],
  'Extension-UKCore-LegalStatus': ['Encounter', 'names no subject'],
  'Extension-UKCore-MedicationChangeSummary': ['MedicationStatement', 'names its subject by UUID'],
  'Extension-UKCore-OutcomeOfAttendance': ['Encounter', 'names no subject'],
  'UKCore-Bundle-AllergyList': [
    'Bundle.entry[0].resource.entry[0].item',
    'names by UUID what may be a person'
  ],
  'UKCore-Composition-Discharge': ['Composition', 'names its subject by UUID'],
  'UKCore-MedicationDispense-Amoxicillin': [
    'MedicationDispense.authorizingPrescription[0]',
    'R4: a reference without a type'
  ],
  'UKCore-MedicationDispense-CiprofloxacinIV': [
    'MedicationDispense.authorizingPrescription[0]',
    'R4: a reference without a type'
  ],
  'UKCore-MedicationDispense-CiprofloxacinOral': [
    'MedicationDispense.authorizingPrescription[0]',
    'R4: a reference without a type'
  ],
  'UKCore-Observation-FingerJointInflamed': ['Observation', 'names no subject'],
  'UKCore-Observation-Lab-Albumin': ['Observation', 'names its subject by UUID'],
  'UKCore-Patient-BabyPatient': ['Patient.identifier[0]', 'an NHS number with a wrong check digit'],
  'UKCore-Provenance-RARecordConsent': ['Provenance.agent[0].onBehalfOf', 'R4: a URL where an id belongs']
}

const names = existsSync(folder)
  ? readdirSync(folder)
      .map((file) => file.replace('-Example.json', ''))
      .sort()
  : []
const examples = names.map((name) => ({
  name,
  resource: JSON.parse(readFileSync(resolve(folder, `${name}-Example.json`), 'utf8')) as Resource
}))

const title =
  names.length > 0 ? 'of the UK Core examples' : 'UK Core examples, skipped: ../shared/data is not there'

describe.skipIf(names.length === 0)(title, () => {
  const { validate } = createValidator()

  test('all but the 18 listed are valid', () => {
    const found = examples
      .map(({ name, resource }) => [name, validate(resource)[0]?.expression] as const)
      .filter(([, expression]) => expression !== undefined)
    const expected = Object.entries(refused).map(([name, [expression]]) => [name, expression])
    expect(examples).toHaveLength(215)
    expect(found).toEqual(expected)
  })

  test('each of the 18 passes schema and library and is refused by our rules', () => {
    const layers = Object.keys(refused).map((name) => {
      const example = examples.find((candidate) => candidate.name === name)
      return example && validate(example.resource).map(({ layer }) => layer)
    })
    expect(new Set(layers.flat())).toEqual(new Set(['rules']))
  })

  test('none, nor any of some thousand mutants, is plainly valid and refused by the library', () => {
    const definitions = createDefinitions()
    let plain = 0
    const wrong = variants().filter((resource) => {
      const definition = definitions.findType(resource.resourceType)
      if (!definition || !isPlainlyValid(resource, definition, definitions)) return false
      plain += 1
      return !libraryAccepts(resource)
    })
    expect(wrong).toEqual([])
    expect(plain).toBeGreaterThan(500)
  })

  function variants(): Resource[] {
    return examples.flatMap(({ resource }) => {
      return [resource, ...[...mutationsOf(resource, { every: 37 })].map(({ mutant }) => mutant)]
    })
  }
})

function libraryAccepts(resource: Resource): boolean {
  try {
    return validateResource(resource).every(({ severity }) => severity !== 'error')
  } catch {
    return false
  }
}
