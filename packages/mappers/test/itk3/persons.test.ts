import { chesil } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  context,
  entry,
  identifier,
  itemOf,
  itemsOf,
  letter,
  map,
  message,
  nhsNumber,
  patient,
  snomed,
  tell,
  to
} from './message.ts'

const nhs = (value: string): string => identifier('https://fhir.nhs.uk/Id/nhs-number', value)
const own = identifier('https://trust.example/number', 'H4711')
const foreign = identifier('https://pharmacy.example/patient', '77')
const claimed = chesil.claimedNhsNumber('RXX')

const condition = (about: string): string =>
  entry(
    'Condition',
    'c1',
    `<clinicalStatus value="active"/><code>${snomed('22298006', 'Infarct')}</code>${about}`
  )

describe('who the message is about, in its sender’s words', () => {
  test.each([
    {
      case: 'the trust’s own number, where it gives one',
      numbers: nhs(nhsNumber) + own,
      local: ['https://trust.example/number', 'H4711'],
      isValid: true
    },
    {
      case: 'else the NHS number it claims',
      numbers: nhs('944 930 5552') + foreign,
      local: [claimed, nhsNumber],
      isValid: true
    },
    {
      case: 'else any number that it gives, as this trust’s word for it',
      numbers: nhs('9449305553') + foreign,
      local: ['https://trust.example/number/https%3A%2F%2Fpharmacy.example%2Fpatient', '77'],
      isValid: false
    },
    {
      case: 'else an NHS number that fails its check digit',
      numbers: nhs('9449305553'),
      local: [claimed, '9449305553'],
      isValid: false
    }
  ])('$case', ({ numbers, local: [system, value], isValid }) => {
    const told = tell(letter({ patient: patient(numbers) }))
    expect(told.subject.local).toEqual({ system, value })
    expect(told.subject.nhsNumber).toBe(isValid ? nhsNumber : undefined)
    expect(told.subject).toMatchObject({
      birthDate: '1962-04-09',
      family: 'O’Brien',
      given: ['Maeve'],
      gender: 'female'
    })
  })

  test('two trusts that number their patients in one system of others do not make one person of two', () => {
    const people = ['https://trust.example/number', 'https://other.example/number'].map(
      (patientNumberSystem) => {
        const source = { ...context.source, patientNumberSystem }
        const mapped = map(letter({ patient: patient(foreign) }), { source })
        return mapped.outcome === 'mapped' ? mapped.parts[0]?.subject.local : undefined
      }
    )
    expect(people[0]).toMatchObject({ value: '77' })
    expect(people[1]).toMatchObject({ value: '77' })
    expect(people[0]?.system).not.toBe(people[1]?.system)
  })

  test('two NHS numbers are none', () => {
    const { subject } = tell(letter({ patient: patient(nhs(nhsNumber) + nhs('9434765919') + own) }))
    expect(subject).not.toHaveProperty('nhsNumber')
  })

  test.each([
    { case: 'nobody', person: '' },
    { case: 'somebody without a number', person: patient('') },
    { case: 'a number that is filled in for many', person: patient(nhs('9999999999')) },
    { case: 'another than the one whom the Composition names', person: patient(own, 'p2') }
  ])('a message about $case is refused', ({ person }) => {
    expect(map(letter({ patient: person }))).toEqual({ outcome: 'refused', reason: 'no-person' })
  })
})

test('the Patient is the trust’s claim, and a number that fails its check digit is not called an NHS number', () => {
  const found = itemOf(letter({ patient: patient(nhs('9449305553')) }), 'Patient')
  expect(found['identifier']).toEqual([{ system: claimed, value: '9449305553' }])
  expect(found['meta'].tag).toContainEqual(expect.objectContaining({ code: 'source-claim' }))
  expect(found).not.toHaveProperty('link')
})

test('every item is about the person of the document', () => {
  const person = { reference: `Patient/${context.personId({ system: claimed, value: nhsNumber })}` }
  expect(
    itemOf(letter({ entries: [condition(`<subject>${to('p1')}</subject>`)] }), 'Condition')['subject']
  ).toEqual(person)
  expect(itemOf(letter(), 'DocumentReference')['subject']).toEqual(person)
})

test.each([
  {
    case: 'names the other Patient of the message',
    about: `<subject>${to('p2')}</subject>`,
    reason: 'other-subject'
  },
  {
    case: 'names somebody who is not there',
    about: '<subject><reference value="Patient/9"/></subject>',
    reason: 'other-subject'
  },
  {
    case: 'names another NHS number',
    about: `<subject>${nhs('9434765919')}</subject>`,
    reason: 'other-subject'
  },
  { case: 'names nobody', about: '', reason: 'no-subject' }
])('an item that $case is kept out, and said to be', ({ about, reason }) => {
  const xml = letter({ patient: patient() + patient(own, 'p2'), entries: [condition(about)] })
  expect(itemsOf(xml, 'Condition')).toEqual([])
  expect(tell(xml).contribution.quarantined).toMatchObject([
    { reason, resourceType: 'Condition', sections: ['problems'] }
  ])
})

test('a resource about the person of a type that is not known here is counted', () => {
  const xml = letter({ entries: [entry('CarePlan', 'x', `<subject>${to('p1')}</subject>`)] })
  expect(tell(xml).contribution.quarantined).toMatchObject([{ reason: 'invalid', resourceType: 'CarePlan' }])
})

test('an item refers to people and organisations by number and name, and they are no items', () => {
  const encounter = entry(
    'Encounter',
    'e1',
    `<status value="finished"/><class><code value="IMP"/></class><subject>${to('p1')}</subject><serviceProvider>${to('trust')}</serviceProvider>`
  )
  const xml = message(letter({ entries: [encounter] }))
  expect(itemOf(xml, 'Encounter')['serviceProvider']).toEqual({
    type: 'Organization',
    identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RXX' },
    display: 'A trust'
  })
  expect([...itemsOf(xml, 'Organization'), ...itemsOf(xml, 'Practitioner')]).toEqual([])
})
