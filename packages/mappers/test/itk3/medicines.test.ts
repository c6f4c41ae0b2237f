import { chesil, ukCoreExtension } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import { entry, itemOf, itemsOf, letter, map, snomed, subject, tell, to } from './message.ts'

const validator = createValidator()
const aspirin = `<medicationCodeableConcept>${snomed('319775004', 'Aspirin 75mg tablets')}</medicationCodeableConcept>`

const change = (status: string, rest = ''): string =>
  `<extension url="https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-MedicationChangeSummary-1"><extension url="status"><valueCode value="${status}"/></extension>${rest}</extension>`
const medicine = (extension: string, status = 'active'): string =>
  entry(
    'MedicationStatement',
    'm1',
    `${extension}<status value="${status}"/>${aspirin}${subject}<taken value="y"/><dosage><text value="One a day"/></dosage>`
  )

const changeOf = (medicine: Loose): Loose =>
  Object.fromEntries(
    (medicine['extension'] ?? [])
      .filter(({ url }: Loose) => url === ukCoreExtension('MedicationChangeSummary'))
      .flatMap(({ extension }: Loose) =>
        extension.map(({ url, ...value }: Loose) => [url, Object.values(value)[0]])
      )
  )
const currencyOf = (medicine: Loose): string | undefined =>
  medicine['extension'].find(({ url }: Loose) => url === chesil.medicineCurrency)?.valueCode

describe('what became of a medicine during the stay', () => {
  test.each([
    { sent: 'Added', code: 'added', status: 'active' },
    { sent: 'Amended', code: 'amended', status: 'active' },
    { sent: 'Continued', code: 'continued', status: 'active' },
    { sent: 'On-hold', code: 'on-hold', status: 'on-hold' },
    { sent: 'Stopped', code: undefined, status: 'stopped' },
    { sent: 'discontinued', code: undefined, status: 'stopped' }
  ])('$sent: the medicine is $status', ({ sent, code, status }) => {
    const found = itemOf(letter({ entries: [medicine(change(sent))] }), 'MedicationStatement')
    expect(found['status']).toBe(status)
    expect(changeOf(found)['status']).toMatchObject(code === undefined ? { display: 'Stopped' } : { code })
    expect(validator.validate(found as never)).toEqual([])
  })

  test('is kept with its reason, its date and its description', () => {
    const why = `<extension url="indicationForChange"><valueCodeableConcept>${snomed('294091000119104', 'Headache')}</valueCodeableConcept></extension>`
    const when = '<extension url="dateChanged"><valueDateTime value="2026-02-27"/></extension>'
    const what = '<extension url="detailsOfAmendment"><valueString value="Dose halved"/></extension>'
    const found = itemOf(
      letter({ entries: [medicine(change('Amended', why + when + what))] }),
      'MedicationStatement'
    )
    expect(changeOf(found)).toMatchObject({
      status: { code: 'amended' },
      indicationForChange: { coding: [{ code: '294091000119104' }] },
      dateChanged: '2026-02-27',
      detailsOfAmendment: 'Dose halved'
    })
  })

  test('one that was stopped is past, whatever its status says, which is kept as text', () => {
    const found = itemOf(letter({ entries: [medicine(change('Stopped'))] }), 'MedicationStatement')
    expect(currencyOf(found)).toBe('past')
    expect(found['note']).toContainEqual({ text: 'Status as sent: active' })
  })

  test('one in a list of discontinued medicines was stopped', () => {
    const list = entry(
      'List',
      'l1',
      `<status value="current"/><title value="Discontinued medications"/>${subject}<entry><item>${to('m1')}</item></entry>`
    )
    const found = itemOf(letter({ entries: [list, medicine('')] }), 'MedicationStatement')
    expect(found).toMatchObject({ status: 'stopped' })
    expect(changeOf(found)['status']).toEqual({ display: 'Stopped' })
  })

  test('one that was entered in error stays so', () => {
    const found = itemOf(
      letter({ entries: [medicine(change('Stopped'), 'entered-in-error')] }),
      'MedicationStatement'
    )
    expect(found['status']).toBe('entered-in-error')
  })

  test('a change that has no word here is kept as text', () => {
    const found = itemOf(letter({ entries: [medicine(change('Swapped'))] }), 'MedicationStatement')
    expect(found['note']).toContainEqual({ text: 'Change as sent: Swapped' })
  })
})

test('a medicine without a time was so on the day of the document, and is past a year later', () => {
  const on = (receivedAt: string) => {
    const mapped = map(letter({ entries: [medicine('')] }), { receivedAt })
    const [part] = mapped.outcome === 'mapped' ? mapped.parts : []
    const found = part?.contribution.entries.find(
      ({ resourceType }) => resourceType === 'MedicationStatement'
    )
    return currencyOf(found?.resource as Loose)
  }
  expect(on('2026-11-22T12:00:00.000Z')).toBe('recent')
  expect(on('2027-11-22T12:00:00.000Z')).toBe('past')
})

describe('what a pharmacy supplied', () => {
  const supply = (day: string, status = 'completed'): string =>
    entry(
      'MedicationDispense',
      'd1',
      `<status value="${status}"/>${aspirin}${subject}<type>${snomed('1', 'Emergency supply')}</type><quantity><value value="14"/><unit value="tablet"/></quantity><daysSupply><value value="14"/><unit value="days"/><system value="http://unitsofmeasure.org"/><code value="d"/></daysSupply><whenHandedOver value="${day}"/><dosageInstruction><text value="One a day"/></dosageInstruction>`
    )

  test('is a medicine from the day it was handed over until the supply ends, with its kind and amount', () => {
    const found = itemOf(letter({ entries: [supply('2026-11-20')] }), 'MedicationStatement')
    expect(found).toMatchObject({
      status: 'active',
      category: { coding: [{ display: 'Emergency supply' }] },
      effectivePeriod: { start: '2026-11-20', end: '2026-12-03' },
      dosage: [{ text: 'One a day' }],
      note: [
        {
          text: 'Supplied 14 tablet, enough for 14 days. Emergency supply. The end is worked out from how long the supply lasts'
        }
      ]
    })
    expect(currencyOf(found)).toBe('current')
    expect(validator.validate(found as never)).toEqual([])
  })

  test('is over when the supply has ended', () => {
    const found = itemOf(letter({ entries: [supply('2026-01-20')] }), 'MedicationStatement')
    expect([found['status'], currencyOf(found)]).toEqual(['completed', 'past'])
  })

  test('in error is in error', () => {
    expect(
      itemOf(letter({ entries: [supply('2026-11-20', 'entered-in-error')] }), 'MedicationStatement')['status']
    ).toBe('entered-in-error')
  })
})

test('a product that a medicine refers to stands beside it, in the same part', () => {
  const product = entry('Medication', 'x1', `<code>${snomed('319775004', 'Aspirin')}</code>`)
  const statement = entry(
    'MedicationStatement',
    'm1',
    `<status value="active"/><medicationReference>${to('x1')}</medicationReference>${subject}<taken value="y"/>`
  )
  const xml = letter({ entries: [product, statement] })
  const [held] = itemsOf(xml, 'Medication')
  expect(itemOf(xml, 'MedicationStatement')['medicationReference']).toEqual({
    reference: `Medication/${held?.['id']}`
  })
  expect(
    tell(xml).contribution.entries.find(({ resourceType }) => resourceType === 'Medication')?.part
  ).toMatch(/^document\//)
})
