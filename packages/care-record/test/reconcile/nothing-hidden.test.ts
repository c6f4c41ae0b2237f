import type { Observation, Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type GroupableItem, reconcile } from '../../src/index.ts'
import { resuscitationIn } from '../../src/reconcile/resuscitation.ts'
import { allergy, concept, condition, item, medicine, type Said, statusConcept } from './items.ts'

const groupsOf = (items: readonly GroupableItem[]) =>
  reconcile(items).groups.filter(({ members }) => members.length > 1)
const areApart = (a: Said, b: Said) => groupsOf([item('1', 'gp', a), item('2', 'trust', b)]).length === 0
const differing = (a: Said, b: Said) =>
  groupsOf([item('1', 'gp', a), item('2', 'trust', b)]).flatMap(({ members }) =>
    members.filter(({ differs }) => differs).map(({ key }) => key.split('/')[1])
  )
const withText = (code: string, text: string) => ({ ...concept(code), text })

describe('by a code that says of many things the same nothing is joined:', () => {
  test.each([
    ['lost in a transfer', '196461000000101', 'Penicillin', 'Trimethoprim'],
    ['a class', '416098002', 'Aspirin', 'Penicillin'],
    ['that there is none', '716186003', 'No known allergies', 'Penicillin: anaphylaxis']
  ])('an allergy, %s', (_case, code, a, b) => {
    expect(
      areApart(allergy(code, { code: withText(code, a) }), allergy(code, { code: withText(code, b) }))
    ).toBe(true)
  })

  test('a medicine or a problem, lost in a transfer', () => {
    const tablets = (name: string) =>
      medicine('196421000000109', { medicationCodeableConcept: withText('196421000000109', name) })
    expect(areApart(tablets('Ramipril 5mg capsules'), tablets('Bisoprolol 5mg tablets'))).toBe(true)
    const problem = (name: string) =>
      condition('196411000000103', { code: withText('196411000000103', name) })
    expect(areApart(problem('Epilepsy'), problem('Addison disease'))).toBe(true)
  })
})

describe('what the lead does not say is shown of whoever says it:', () => {
  test('a severe reaction beside a low criticality, which is the graver', () => {
    const low = allergy('91936005 Penicillin', { criticality: 'low' })
    const severe = allergy('91936005 Penicillin', {
      reaction: [{ severity: 'severe', manifestation: [{ text: 'Anaphylaxis' }] }]
    })
    const [group] = groupsOf([item('1', 'gp', low), item('2', 'trust', severe)])
    expect(group?.lead).toBe('AllergyIntolerance/2')
    expect(differing(low, severe)).toEqual(['1'])
  })

  test('another reaction', () => {
    const latex = (text: string) => allergy('300916003 Latex', { reaction: [{ manifestation: [{ text }] }] })
    const [group] = groupsOf([item('1', 'gp', latex('Rash')), item('2', 'trust', latex('Anaphylaxis'))])
    expect(group?.conflicts.map(({ kind }) => kind)).toEqual(['reaction'])
    expect(differing(latex('Rash'), latex('Anaphylaxis'))).toHaveLength(1)
    expect(differing(latex('Rash'), latex('rash'))).toEqual([])
  })

  test('a dose, and that it is over', () => {
    const warfarin = (content: object) => medicine('dmd:319733000 Warfarin 1mg tablets', content)
    const course = { effectivePeriod: { start: '2026-01-01' } }
    const silent = { ...course, effectivePeriod: { start: '2026-01-01' } }
    const dosed = warfarin({ ...course, dosage: [{ text: '5 daily' }] })
    expect(
      [differing(warfarin(silent), dosed), differing(dosed, warfarin(silent))].flat().length
    ).toBeGreaterThan(0)
  })
})

describe('a dose is not another by a mark:', () => {
  const doses = (a: object, b: object) => {
    const of = (dosage: object) =>
      medicine('dmd:322236009 Morphine 10mg/5ml oral solution', { dosage: [dosage] })
    const [group] = groupsOf([item('1', 'gp', of(a)), item('2', 'trust', of(b))])
    return group?.conflicts.map(({ kind }) => kind)
  }
  const amount = { doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }] }
  test.each<[object, object, boolean]>([
    [{ text: 'Take .5ml daily' }, { text: 'Take 5ml daily' }, true],
    [{ text: 'Take .5ml daily' }, { text: 'Take 0.5 ml daily' }, false],
    [{ text: '1/2 tablet daily' }, { text: '1-2 tablets daily' }, true],
    [{ text: '1/2 tablet daily' }, { text: 'half a tablet daily' }, false],
    [{ text: '1-2 tablets daily' }, { text: '1 to 2 tablets daily' }, false],
    [{ ...amount, asNeededBoolean: true }, amount, true],
    [
      { doseAndRate: [{ doseRange: { low: { value: 1 }, high: { value: 2, unit: 'tablet' } } }] },
      amount,
      true
    ]
  ])('%j and %j: in conflict %s', (a, b, isConflict) => {
    expect(doses(a, b)).toEqual(isConflict ? ['dose'] : [])
  })
})

test('two vaccines of one day are two, whatever stands in the place of the lot', () => {
  const vaccine = (code: string, lotNumber: string) => ({
    resourceType: 'Immunization' as const,
    status: 'completed',
    vaccineCode: concept(code),
    occurrenceDateTime: '2025-10-01',
    lotNumber
  })
  expect(areApart(vaccine('1 Influenza', 'Not known'), vaccine('2 COVID-19', 'NOT KNOWN'))).toBe(true)
})

test('two reports under one number of a laboratory are two where their codes are', () => {
  const report = (code: string) => ({
    resourceType: 'DiagnosticReport' as const,
    status: 'final',
    code: concept(code),
    identifier: [{ system: 'urn:lab', value: '26U123' }],
    effectiveDateTime: '2026-05-01'
  })
  expect(areApart(report('26604007 Full blood count'), report('252167001 Urea and electrolytes'))).toBe(true)
  expect(areApart(report('26604007 Full blood count'), report('26604007 Full blood count'))).toBe(false)
})

test('Read codes keep their noughts: H300 is not H3', () => {
  expect(areApart(condition('read:H300.'), condition('13645005 COPD'))).toBe(true)
})

test('where brand matters a generic and a brand are two, and an id without a name joins nothing', () => {
  const branded = {
    coding: [
      ...(concept('dmd:2 Adoport 1mg capsules').coding ?? []),
      ...(concept('dmd:1 Tacrolimus 1mg capsules').coding ?? [])
    ]
  }
  const adoport = medicine('', { medicationCodeableConcept: branded })
  expect(areApart(adoport, medicine('dmd:1 Tacrolimus 1mg capsules'))).toBe(true)
  expect(areApart(medicine('dmd:387517004'), medicine('dmd:387517004 Paracetamol 500mg tablets'))).toBe(true)
})

describe('a decision about resuscitation', () => {
  const decided = concept('450476008 Not for resuscitation')
  const observed = (content: object) =>
    ({ resourceType: 'Observation', status: 'final', ...content }) as Observation
  test.each<[string, Resource, string[]]>([
    [
      'stands in a component',
      observed({ code: concept('1'), component: [{ code: decided }] }),
      ['not for resuscitation']
    ],
    ['is none where its value is no', observed({ code: decided, valueBoolean: false }), []],
    [
      'is none where it was not done',
      { resourceType: 'Procedure', status: 'not-done', code: decided, subject: {} } as Resource,
      []
    ]
  ])('%s', (_case, resource, found) => {
    expect([...resuscitationIn(resource)]).toEqual(found)
  })
})

test('what is refuted or over is told beside what is active', () => {
  const active = allergy('91936005 Penicillin', { clinicalStatus: undefined })
  const resolved = allergy('91936005 Penicillin', { clinicalStatus: statusConcept('resolved') })
  expect(differing(active, resolved)).toHaveLength(1)
})
