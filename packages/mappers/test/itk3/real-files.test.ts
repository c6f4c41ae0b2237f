import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { readItk3Message } from '../../src/index.ts'
import { isDegraded, type Loose, referencesIn } from '../asking.ts'
import { landed, map, tell } from './message.ts'

/** Published messages about synthetic patients. They are other people's, and stay where they are. */
const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/itk3')
const orSkip = 'these tests read messages from ../shared/data, and are skipped where that folder is absent'
const textOf = (file: string): string => readFileSync(path.join(folder, file), 'utf8')

/** Event, sender, whether the NHS number it claims is one, and what it becomes. */
const files = [
  [
    'discharge/raw-bundle.xml',
    undefined,
    'RR8',
    false,
    {
      AllergyIntolerance: 1,
      Binary: 2,
      Condition: 2,
      Encounter: 1,
      Medication: 4,
      MedicationStatement: 4,
      Procedure: 1
    }
  ],
  [
    'gp-connect-messaging/Example-DigiMeds-Emergency-Supply-Of-Medicines-1.xml',
    'ITK010D',
    'FA000',
    false,
    { AllergyIntolerance: 1, Binary: 2, Encounter: 1, Medication: 2, MedicationStatement: 2 }
  ],
  [
    'gp-connect-messaging/blood-pressure-check-service--example-1.xml',
    'ITK014M',
    'FQW30',
    false,
    { Binary: 1, Encounter: 1, Observation: 5 }
  ],
  [
    'gp-connect-messaging/blood-pressure-check-service--example-2.xml',
    'ITK014M',
    'FQW30',
    false,
    { Binary: 1, Encounter: 1, Observation: 4 }
  ],
  [
    'gp-connect-messaging/contraception-service--example-1.xml',
    'ITK014M',
    'FQW30',
    false,
    { Binary: 1, Encounter: 1, MedicationStatement: 1, Observation: 6 }
  ],
  [
    'gp-connect-messaging/example-generic-wireframe-moe-degrasse.xml',
    'ITK007C',
    'GP0001',
    false,
    { Binary: 2 }
  ],
  [
    'gp-connect-messaging/pharmacy-first-service--example-1.xml',
    'ITK014M',
    'FQW30',
    false,
    { Binary: 1, Condition: 1, Encounter: 1, MedicationStatement: 1, Observation: 7 }
  ],
  ['gp-connect-messaging/send-document--generic-example.xml', 'ITK007C', 'FQW30', false, { Binary: 2 }],
  [
    'gp-connect-messaging/update-record--itk3--cpcs-minor-illness--justin-thyme.xml',
    'ITK???',
    'FQW30',
    false,
    { Binary: 1, Condition: 1, Encounter: 1, MedicationStatement: 1, Observation: 1, ServiceRequest: 1 }
  ],
  [
    'gp-connect-messaging/vaccination--digimeds--covid-19--data-processing-service.xml',
    'ITK009D',
    'X26',
    true,
    { AllergyIntolerance: 2, Binary: 2, Encounter: 1, Immunization: 1 }
  ]
] as const
const names = files.map(([file]) => file)

describe.skipIf(!existsSync(folder))(`ITK3 messages (${orSkip})`, () => {
  const validator = createValidator()
  const itemsIn = (file: string): Loose[] => tell(textOf(file)).contribution.entries.map(landed)

  test.each(files)('%s lands whole', (file, event, sender, isNumberValid, expected) => {
    expect(readItk3Message(textOf(file))).toMatchObject({ event, sender })
    const { subject, contribution, documents } = tell(textOf(file))
    const counts: Record<string, number> = {}
    for (const { resourceType } of contribution.entries)
      counts[resourceType] = (counts[resourceType] ?? 0) + 1
    expect(counts).toEqual({ DocumentReference: 1, Patient: 1, ...expected })
    expect(contribution.quarantined).toEqual([])
    expect(documents).toHaveLength(expected.Binary)
    expect(subject.nhsNumber !== undefined).toBe(isNumberValid)
  })

  test.each([
    ['discharge/9658218873.xml', 'a collection of resources, no message'],
    ['gp-connect-messaging/MessageDefinition-ITK-GPConnectSendDocument-MessageDefinition-1.xml', 'no Bundle']
  ])('%s is refused: %s', (file) => {
    expect(readItk3Message(textOf(file))).toBeUndefined()
  })

  test.each(names)('%s maps to valid UK Core R4', (file) => {
    const faulty = itemsIn(file).flatMap((item) =>
      validator
        .validate(item as never)
        .map((issue) => ({ item: `${item['resourceType']}/${item['id']}`, ...issue }))
    )
    expect(faulty).toEqual([])
  })

  test.each(names)('%s: every reference leads to an item of it, or is by number and name', (file) => {
    const items = itemsIn(file)
    const there = new Set(items.map((item) => `${item['resourceType']}/${item['id']}`))
    const subject = items.find((item) => item['resourceType'] === 'DocumentReference')?.['subject'].reference
    const dead = items
      .flatMap((item) => referencesIn(item))
      .filter((name) => name !== subject && !there.has(name))
    expect(dead).toEqual([])
  })

  test.each(names)('%s maps to the same twice', (file) => {
    expect(map(textOf(file))).toEqual(map(textOf(file)))
  })

  test('only a duration that R4’s timing has no single value for is left as text', () => {
    const degraded = names.flatMap((file) =>
      itemsIn(file)
        .filter(isDegraded)
        .map((item) => item['resourceType'])
    )
    expect(degraded).toEqual(['MedicationStatement'])
  })

  test('the discharge summary keeps its narrative, results and all, as text', () => {
    const [narrative] = tell(textOf('discharge/raw-bundle.xml')).documents
    const words = Buffer.from(narrative?.base64 ?? '', 'base64').toString('utf8')
    expect(words).toContain('Causative agent | Penicillin -class of antibiotic')
    expect(words).toContain('60 year old man complaining of chest pain lasting around 2 hours.')
    expect(words).toMatch(/White Cell Count\s+11\.1/)
  })

  test('the vaccination keeps product, batch, site, route and who gave it', () => {
    const given = itemsIn(files[9][0]).find((item) => item['resourceType'] === 'Immunization')
    expect(given).toMatchObject({
      status: 'completed',
      vaccineCode: { coding: [{ code: '39326911000001101' }] },
      occurrenceDateTime: '2020-12-21T12:34:44+00:00',
      lotNumber: 'GH56565',
      expirationDate: '2020-12-22',
      site: { coding: [{ code: '368208006' }] },
      manufacturer: { display: 'Moderna' },
      performer: [{ actor: { type: 'Practitioner' } }]
    })
  })
})
