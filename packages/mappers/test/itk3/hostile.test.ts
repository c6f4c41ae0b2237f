import { createValidator } from '@chesil/fhir-validator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readItk3Message } from '../../src/index.ts'
import { entry, landed, letter, map, message, patientElement, snomed, subject, to } from './message.ts'

const validator = createValidator()

const coded = (name: string): string => `<${name}>${snomed('22298006', 'Infarct')}</${name}>`
/** One of each type that a letter is made of. */
const whole = message(
  letter({
    composition: `<confidentiality value="N"/><relatesTo><code value="replaces"/><targetIdentifier><value value="old"/></targetIdentifier></relatesTo><event>${coded('code')}<period><start value="2026-02-01"/><end value="2026-03-01"/></period></event><section><title value="S"/><text><status value="generated"/><div><p>Words</p></div></text><entry>${to('c1')}</entry></section>`,
    entries: [
      entry(
        'AllergyIntolerance',
        'a1',
        `<clinicalStatus value="active"/><verificationStatus value="confirmed"/>${coded('code')}${patientElement}<assertedDate value="2026-03-01"/>`
      ),
      entry(
        'Condition',
        'c1',
        `<clinicalStatus value="active"/>${coded('category')}${coded('code')}${subject}<onsetDateTime value="2026-02-01"/>`
      ),
      entry(
        'ClinicalImpression',
        'i1',
        `<status value="completed"/>${subject}<date value="2026-03-01"/><summary value="Well"/>`
      ),
      entry(
        'Encounter',
        'e1',
        `<status value="finished"/><class><system value="http://hl7.org/fhir/v3/ActCode"/><code value="IMP"/></class>${subject}<period><start value="2026-02-01T10:00:00Z"/></period><hospitalization>${coded('dischargeDisposition')}</hospitalization>`
      ),
      entry(
        'Immunization',
        'v1',
        `<status value="completed"/><notGiven value="false"/>${coded('vaccineCode')}${patientElement}<date value="2026-02-01"/><doseQuantity><value value="1"/><unit value="dose"/></doseQuantity>`
      ),
      entry(
        'MedicationDispense',
        'd1',
        `<status value="completed"/>${coded('medicationCodeableConcept')}${subject}<daysSupply><value value="7"/><system value="http://unitsofmeasure.org"/><code value="d"/></daysSupply><whenHandedOver value="2026-03-01"/>`
      ),
      entry(
        'MedicationStatement',
        'm1',
        `<extension url="https://x/Extension-CareConnect-MedicationChangeSummary-1"><extension url="status"><valueCode value="Added"/></extension></extension><status value="active"/>${coded('medicationCodeableConcept')}${subject}<dosage><sequence value="1"/><timing><repeat><frequency value="1"/><period value="1"/><periodUnit value="d"/></repeat></timing></dosage>`
      ),
      entry(
        'Observation',
        'o1',
        `<status value="final"/>${coded('code')}${subject}<valueQuantity><value value="7.1"/><unit value="mmol/L"/></valueQuantity>`
      ),
      entry(
        'Procedure',
        'x1',
        `<status value="completed"/>${coded('code')}${subject}<performedDateTime value="2026-02-02"/><performer><actor>${to('doctor')}</actor></performer>`
      ),
      entry(
        'QuestionnaireResponse',
        'q1',
        `<status value="completed"/>${subject}<authored value="2026-03-01"/><item><linkId value="1"/><answer><valueBoolean value="true"/></answer></item>`
      ),
      entry('Binary', 'b1', '<contentType value="application/pdf"/><content value="JVBERg=="/>')
    ]
  })
)
const values = [...whole.matchAll(/value="[^"]*"/g)]

/** What no element of that place expects, or words that mean something to JavaScript, FHIR or a database. */
const junk = fc.constantFrom(
  ...[
    '',
    ' ',
    '__proto__',
    'constructor',
    'true',
    '-1',
    '1e400',
    '2026-02-30',
    '2026-03-10T09:30',
    'Patient/other'
  ],
  ...[
    'urn:uuid:p1',
    '#',
    '/',
    'null',
    '&lt;script&gt;',
    '&#10;',
    '&#160;',
    'x'.repeat(5_000),
    '9449305553',
    '𝕏'
  ]
)
const spoiling = fc.array(fc.tuple(fc.nat(values.length - 1), junk), { minLength: 1, maxLength: 5 })

function spoil(pieces: readonly (readonly [number, string])[]): string {
  const chosen = new Map(pieces)
  let at = -1
  return whole.replaceAll(/value="[^"]*"/g, (given) => {
    const found = chosen.get(++at)
    return found === undefined ? given : `value="${found}"`
  })
}

test('unspoilt, the message lands whole and valid', () => {
  const mapped = map(whole)
  const [part] = mapped.outcome === 'mapped' ? mapped.parts : []
  expect(part?.contribution.quarantined).toEqual([])
  expect(part?.contribution.entries).toHaveLength(15)
})

test('a message with junk in it is mapped or refused, and what is mapped is valid and about its person', () => {
  fc.assert(
    fc.property(spoiling, (pieces) => {
      const xml = spoil(pieces)
      const mapped = readItk3Message(xml) && map(xml)
      if (mapped?.outcome !== 'mapped') return
      const items = mapped.parts.flatMap(({ contribution }) => contribution.entries.map(landed))
      const persons = new Set(
        items
          .flatMap((item) => [item['subject'], item['patient']])
          .flatMap((person) => person?.reference ?? [])
      )
      expect(persons.size).toBe(1)
      expect(items.flatMap((item) => validator.validate(item as never))).toEqual([])
    }),
    { numRuns: 300 }
  )
})

test('a message with a piece missing is refused', () => {
  fc.assert(
    fc.property(fc.nat(whole.length - 1), (at) => {
      expect(readItk3Message(whole.slice(0, at))).toBeUndefined()
    }),
    { numRuns: 200 }
  )
})
