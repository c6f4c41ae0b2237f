import { describe, expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, type Loose, landed } from './asking.ts'
import { areHere, orSkip, readData } from './on-disk.ts'
import { bundle, patient } from './stu3.ts'

/**
 * The one published conversion of a CareConnect resource to UK Core: an AllergyIntolerance before and after
 * NHS England's StructureMap. We give it an id and our person, and compare what it became.
 */
const read = () => {
  const input: Loose = readData('mappings', 'Example-Input-CareConnect-AllergyIntolerance.json')
  const output: Loose = readData('mappings', 'Example-Output-UKCore-AllergyIntolerance.json')
  const ours = { ...input, id: 'pair', patient: { reference: 'Patient/p1' } }
  const mapped = structuredRecordToContribution(bundle(patient({ id: 'p1' }), ours), asking())
  return { expected: output, actual: landed(contributionOf(mapped), 'AllergyIntolerance/pair') }
}

const byUrl = (extensions: readonly Loose[], name: string) =>
  extensions.find(({ url }) => url === `https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-${name}`)

/** Codings without the extension for the term: see the test about it. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === 'extension' ? undefined : inner)))

describe.skipIf(!areHere)(`the published conversion of an allergy (${orSkip})`, () => {
  test.each([
    ...['clinicalStatus', 'verificationStatus', 'type', 'category', 'criticality', 'onsetDateTime'],
    ...['recordedDate', 'lastOccurrence', 'note']
  ])('%s is the same', (element) => {
    const { expected, actual } = read()
    expect(actual[element]).toEqual(expected[element])
  })

  test('the identifier is the same, without who assigned it', () => {
    const { expected, actual } = read()
    const [{ system, value }] = expected['identifier']
    expect(actual['identifier']).toEqual([{ system, value }])
  })

  test('the code and the reaction are the same, but for how the recorded term is written', () => {
    const { expected, actual } = read()
    expect(plain(actual['code'])).toEqual(plain(expected['code']))
    const [reaction] = expected['reaction']
    expect(plain(actual['reaction'])).toEqual(
      plain([
        {
          ...reaction,
          note: [
            {
              ...reaction.note[0],
              authorReference: dead('Practitioner/NHSD-STU3--CareConnect-Practitioner-1--00001')
            }
          ]
        }
      ])
    )
  })

  test('the recorded term has the two extensions that UK Core uses now, for the one it has retired', () => {
    const { expected, actual } = read()
    const [{ valueIdentifier }, { valueString }] = expected['code'].coding[0].extension[0].extension
    expect(actual['code'].coding[0].extension).toEqual([
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-CodingSCTDescDisplay',
        valueString
      },
      { url: 'http://hl7.org/fhir/StructureDefinition/coding-sctdescid', valueId: valueIdentifier.value }
    ])
  })

  test('the extension for the end of the allergy is the same; its STU3 original is not kept beside it', () => {
    const { expected, actual } = read()
    expect(byUrl(actual['extension'], 'AllergyIntoleranceEnd')).toEqual(
      byUrl(expected['extension'], 'AllergyIntoleranceEnd')
    )
    expect(JSON.stringify(actual)).not.toContain('STU3/StructureDefinition')
  })

  test('what it refers to is not in the answer: it is named, and pointed to by nothing', () => {
    const { actual } = read()
    expect(actual['encounter']).toEqual(dead('Encounter/Base-STU3--Encounter--00001'))
    expect(actual['recorder']).toEqual(dead('Practitioner/example'))
    expect(byUrl(actual['extension'], 'Evidence')?.['valueReference']).toEqual(
      dead('DiagnosticReport/Base-STU3--DiagnosticReport--00001')
    )
  })

  test('an asserter who is another Patient is not named', () => {
    expect(read().actual['asserter']).toEqual({ display: 'Another person, not named here' })
  })

  test('the narrative is not taken over: markup from outside stays outside', () => {
    const { expected, actual } = read()
    expect(expected['text'].div).toContain('Some text to transform')
    expect(actual).not.toHaveProperty('text')
  })
})

const dead = (name: string) => ({
  identifier: { value: name },
  display: `${name.split('/')[0]} that the source did not send`
})
