import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import { allergy, bundle, endedAllergy, list, patient, type Stu3, snomed, to } from './stu3.ts'

test.each(['TBD', '1103671000000101'])(
  'ended allergies by the code %s are resolved items of their own',
  (code) => {
    const ended = list('ended', ['#28'], {
      contained: [endedAllergy()],
      code: snomed(code, 'Ended allergies')
    })
    const contribution = contributionOf(
      structuredRecordToContribution(bundle(patient(), list('allergies'), ended), asking())
    )
    const resource = landed(contribution, 'AllergyIntolerance/28')
    expect(resource['clinicalStatus'].coding[0].code).toBe('resolved')
    expect(landed(contribution, `p1|List/~${code}`)).toMatchObject({
      entry: [{ item: { reference: `AllergyIntolerance/${resource['id']}` } }]
    })
  }
)

test('an ended allergy that says it is active is not shown as active', () => {
  const ended = list('ended', ['#28'], { contained: [endedAllergy({ clinicalStatus: 'active' })] })
  const contribution = contributionOf(structuredRecordToContribution(bundle(patient(), ended), asking()))
  expect(landed(contribution, 'AllergyIntolerance/28')).toMatchObject({
    clinicalStatus: { coding: [{ code: 'resolved' }] },
    note: [{ text: 'Clinical status as sent: active, in the list of ended allergies' }]
  })
})

const endedBy = (...resources: Stu3[]) =>
  landed(
    contributionOf(structuredRecordToContribution(bundle(patient(), allergy(), ...resources), asking())),
    'AllergyIntolerance/a1'
  )['clinicalStatus'].coding[0].code

test('an allergy that the list of ended ones names, and does not contain, is not shown as active', () => {
  const ended = list('ended', ['AllergyIntolerance/a1'])
  expect(endedBy(ended)).toBe('resolved')
  expect(endedBy({ ...ended, subject: to('Patient/p2') })).toBe('active')
  expect(endedBy({ ...ended, entry: [{ item: to('AllergyIntolerance/a1'), deleted: true }] })).toBe('active')
})

test('an allergy that both lists name stays active: of two words the careful one holds', () => {
  const both = [list('ended', ['AllergyIntolerance/a1']), list('allergies', ['AllergyIntolerance/a1'])]
  expect(endedBy(...both)).toBe('active')
})

test('an ended allergy without a status is ended, and was not sent as active', () => {
  const ended = list('ended', ['#28'], { contained: [endedAllergy({ clinicalStatus: undefined })] })
  const contribution = contributionOf(structuredRecordToContribution(bundle(patient(), ended), asking()))
  expect(landed(contribution, 'AllergyIntolerance/28')).toMatchObject({
    clinicalStatus: { coding: [{ code: 'resolved' }] },
    note: [{ text: 'Clinical status was not recorded' }]
  })
})

test('an allergy contained in another list keeps its status', () => {
  const odd = list('allergies', ['#a1'], { contained: [allergy()] })
  const contribution = contributionOf(structuredRecordToContribution(bundle(patient(), odd), asking()))
  expect(landed(contribution, 'AllergyIntolerance/a1')['clinicalStatus'].coding[0].code).toBe('active')
})
