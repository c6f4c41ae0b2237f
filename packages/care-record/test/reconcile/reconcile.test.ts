import { chesil, systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type GroupableItem, reconcile } from '../../src/index.ts'
import { allergy, concept, condition, item, medicine, observation, statusConcept } from './items.ts'

/** Ids of what is one thing; what stands alone is left out. */
const groupsOf = (items: readonly GroupableItem[]) =>
  reconcile(items)
    .groups.filter(({ members }) => members.length > 1)
    .map(({ members }) => members.map(({ key }) => key.split('/')[1]))
const sorted = (items: readonly GroupableItem[]) => groupsOf(items).map((ids) => ids.toSorted())
const ended = { clinicalStatus: statusConcept('resolved') }
const asthma = (onsetDateTime?: string) =>
  condition('195967001 Asthma', { ...ended, ...(onsetDateTime && { onsetDateTime }) })

describe('nothing is joined through a third:', () => {
  test('an undated entry that fits two dated ones stays alone', () => {
    const [a, b] = [item('1', 'a', asthma('2015-03-05')), item('2', 'a', asthma('2024-03-05'))]
    expect(groupsOf([a, b, item('3', 'b', asthma())])).toEqual([])
    expect(sorted([a, item('3', 'b', asthma())])).toEqual([['1', '3']])
  })

  test('a year does not bridge two days of it', () => {
    const days = [item('1', 'a', asthma('2024-03-05')), item('2', 'b', asthma('2024-09-05'))]
    expect(groupsOf([...days, item('3', 'c', asthma('2024'))])).toEqual([])
  })

  test('of two lines of one source, a third is joined to the one with its dose', () => {
    const line = (id: string, source: string, text: string) =>
      item(
        id,
        source,
        medicine('1 Prednisolone 5mg tablets', { effectivePeriod: { start: '2026-01' }, dosage: [{ text }] })
      )
    const two = [line('1', 'a', 'Six a day'), line('2', 'a', 'Three a day')]
    expect(sorted([...two, line('3', 'b', '3 a day')])).toEqual([['2', '3']])
    expect(groupsOf([...two, line('3', 'b', 'As directed')])).toEqual([])
  })

  test('two brands stay two beside their generic', () => {
    const dated = { effectivePeriod: { start: '2026-01-05' } }
    const brand = (id: string, source: string, code: string) =>
      item(id, source, {
        resourceType: 'MedicationStatement',
        status: 'active',
        medicationCodeableConcept: {
          coding: [
            ...(concept(`${code} Brand 5mg tablets`).coding ?? []),
            ...(concept('1 Generic 5mg tablets').coding ?? [])
          ]
        },
        ...dated
      })
    const generic = item('3', 'c', medicine('1 Generic 5mg tablets', dated))
    expect(groupsOf([brand('1', 'a', '11'), brand('2', 'b', '12'), generic])).toEqual([])
  })

  test('but people are, through one who has both numbers, unless another number speaks against it', () => {
    const doctor = (id: string, ...numbers: readonly (readonly [string, string])[]) =>
      item(id, 'a', {
        resourceType: 'Practitioner',
        identifier: numbers.map(([system, value]) => ({ system, value }))
      })
    const [gmc, sds] = [systems.gmcNumber, systems.sdsUser]
    const both = doctor('2', [gmc, '1'], [sds, '9'])
    expect(sorted([doctor('1', [gmc, '1']), both, doctor('3', [sds, '9'])])).toEqual([['1', '2', '3']])
    expect(sorted([doctor('1', [gmc, '1']), both, doctor('3', [gmc, '2'], [sds, '9'])])).toEqual([['1', '2']])
  })
})

describe('what leads:', () => {
  const rash = (severity: string) => ({ reaction: [{ manifestation: [{ text: 'Rash' }], severity }] })

  test('active before ended, then the severest, however lately another was confirmed', () => {
    const items = [
      item('1', 'a', allergy('1', { ...ended, ...rash('severe') }), 9),
      item('2', 'b', allergy('1', rash('mild')), 8),
      item('3', 'c', allergy('1', rash('severe')), 1)
    ]
    expect(groupsOf(items)).toEqual([['3', '2', '1']])
  })

  test('then what was confirmed last, then the source’s id', () => {
    const said = (id: string, source: string, at: number) => item(id, source, allergy('1'), at)
    expect(groupsOf([said('1', 'b', 5), said('2', 'a', 5), said('3', 'c', 7)])).toEqual([['3', '2', '1']])
  })

  test('a group says when it was confirmed first and last, and who differs', () => {
    const [group] = reconcile([
      item('1', 'a', allergy('1'), 5),
      item('2', 'b', allergy('1', ended), 7)
    ]).groups
    expect(group).toMatchObject({
      lead: 'AllergyIntolerance/1',
      firstConfirmed: 5,
      lastConfirmed: 7,
      members: [{ differs: false }, { differs: true, sourceId: 'b' }],
      conflicts: [{ kind: 'status', text: 'Status differs: active (a); resolved (b)' }]
    })
  })
})

test('a plan belongs to the medicine that is based on it', () => {
  const plan = item('p', 'a', { resourceType: 'MedicationRequest', intent: 'plan' })
  const basedOn = [{ reference: 'MedicationRequest/p' }]
  const dated = { effectivePeriod: { start: '2026-01-05' } }
  const statement = item('1', 'a', medicine('1 Drug 5mg tablets', { basedOn, ...dated }))
  expect(groupsOf([plan, statement, item('2', 'b', medicine('1 Drug 5mg tablets', dated))])).toEqual([
    ['1', '2', 'p']
  ])
  const another = item('3', 'a', medicine('2 Drug 10mg tablets', { basedOn }))
  expect(groupsOf([plan, statement, another])).toEqual([])
})

test('a medicine that its practice calls past has ended, whatever status it left', () => {
  const dated = { effectivePeriod: { start: '2026-01-05' } }
  const past = { extension: [{ url: chesil.medicineCurrency, valueCode: 'past' }] }
  const items = [
    item('1', 'a', medicine('1 Drug 5mg tablets', { ...dated, ...past })),
    item('2', 'b', medicine('1 Drug 5mg tablets', dated))
  ]
  expect(reconcile(items).groups[0]).toMatchObject({
    lead: 'MedicationStatement/2',
    conflicts: [{ kind: 'status', text: 'Status differs: active (b); past (a)' }]
  })
})

test('a medicine given by reference is known by what it refers to', () => {
  const drug = (id: string, source: string) =>
    item(id, source, { resourceType: 'Medication', code: concept('1 Drug 5mg tablets') })
  const taken = (id: string, source: string, of: string) =>
    item(id, source, {
      ...medicine('1'),
      medicationCodeableConcept: undefined,
      medicationReference: { reference: `Medication/${of}` }
    })
  expect(groupsOf([drug('m', 'a'), taken('1', 'a', 'm'), drug('n', 'b'), taken('2', 'b', 'n')])).toEqual([
    ['1', '2']
  ])
})

describe('of the person as a whole, sources differ about', () => {
  const kindsOf = (items: readonly GroupableItem[]) => reconcile(items).conflicts.map(({ kind }) => kind)
  const living = (id: string, source: string, line: string, postalCode: string) =>
    item(id, source, {
      resourceType: 'Patient',
      meta: { tag: [{ system: chesil.source, code: source }] },
      address: [{ use: 'home', line: [line], postalCode }]
    })
  const kin = (id: string, source: string, text: string) =>
    item(id, source, {
      resourceType: 'RelatedPerson',
      name: [{ text }],
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'N' }] }]
    })

  test('the address: another postcode or house, and not another way of writing it', () => {
    const pds = living('1', 'pds', '1 Shingle Row', 'DT1 1AA')
    expect(kindsOf([pds, living('2', 'a', '1, Shingle Row, Chiswell', 'dt11aa')])).toEqual([])
    expect(kindsOf([pds, living('2', 'a', '7 Shingle Row', 'DT1 1AA')])).toEqual(['address'])
    expect(kindsOf([pds, living('2', 'a', '1 Shingle Row', 'DT9 9ZZ')])).toEqual(['address'])
  })

  test('the next of kin: where one names nobody whom the other names', () => {
    expect(kindsOf([kin('1', 'a', 'Ann Shore'), kin('2', 'b', 'Mrs Ann Shore')])).toEqual([])
    expect(kindsOf([kin('1', 'a', 'Ann Shore'), kin('2', 'a', 'Ben Shore')])).toEqual([])
    expect(kindsOf([kin('1', 'a', 'Ann Shore'), kin('2', 'b', 'Ben Shore')])).toEqual(['next-of-kin'])
  })

  test('resuscitation, wherever the code stands, and of one source what it decided last', () => {
    const flag = item('1', 'a', { resourceType: 'Flag', status: 'active', code: concept('450476008') })
    const answer = item('2', 'b', {
      resourceType: 'QuestionnaireResponse',
      item: [{ item: [{ answer: [{ valueCoding: concept('450475007').coding?.[0] }] }] }]
    })
    expect(kindsOf([flag, answer])).toEqual(['resuscitation-status'])
    const was = item('3', 'a', observation('304252001', undefined, '2019-01-05'))
    const is = item('4', 'a', observation('304253006', undefined, '2025-01-05'))
    expect(kindsOf([was, is])).toEqual([])
    const over = item('5', 'b', condition('304252001', ended))
    expect(kindsOf([is, over])).toEqual([])
  })
})

test('a problem that is a council’s reason for support is a Flag, and joins no problem', () => {
  const flag = item('1', 'a', { resourceType: 'Flag', code: concept('195967001 Asthma') })
  expect(groupsOf([flag, item('2', 'b', condition('195967001 Asthma'))])).toEqual([])
})
