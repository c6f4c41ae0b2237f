import type { Section } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, structuredSections } from './asking.ts'
import {
  allergy,
  bundle,
  condition,
  diaryEntry,
  document,
  encounter,
  extensionUrl,
  immunisation,
  list,
  location,
  medication,
  observation,
  order,
  organization,
  patient,
  plan,
  practitioner,
  practitionerRole,
  questionnaire,
  referral,
  report,
  type Stu3,
  snomed,
  specimen,
  statement,
  to,
  wholeRecord
} from './stu3.ts'

/** Where each item stands, by its name at the source. */
function reach(...resources: Stu3[]): Record<string, readonly Section[]> {
  const { entries } = contributionOf(
    structuredRecordToContribution(bundle(patient(), ...resources), asking())
  )
  return Object.fromEntries(entries.map(({ sourceResourceId, sections }) => [sourceResourceId, sections]))
}

test.each([
  ['an allergy', allergy(), 'AllergyIntolerance/a1', 'allergies'],
  ['a problem', condition(), 'Condition/c1', 'problems'],
  ['a medicine', statement(), 'MedicationStatement/s1', 'medications'],
  ['an issue', order(), 'MedicationRequest/order1', 'medications'],
  ['a consultation', encounter(), 'Encounter/e1', 'consultations'],
  ['a vaccination', immunisation(), 'Immunization/i1', 'immunisations'],
  ['an observation', observation(), 'Observation/o1', 'uncategorised'],
  ['a questionnaire', questionnaire(), 'QuestionnaireResponse/q1', 'uncategorised'],
  ['a report', report(), 'DiagnosticReport/d1', 'investigations'],
  ['a specimen', specimen(), 'Specimen/sp1', 'investigations'],
  ['a request for a test', diaryEntry({ intent: 'order' }), 'ProcedureRequest/1', 'investigations'],
  ['a diary entry', diaryEntry(), 'ProcedureRequest/1', 'diary'],
  ['a referral', referral(), 'ReferralRequest/1', 'referrals'],
  ['a document', document(), 'DocumentReference/doc1', 'documents']
])('%s that no list reaches stands in the section of its kind', (_, resource, name, section) => {
  expect(reach(resource)[name]).toEqual([section])
})

test('a consultation leads over its topics and headings to what was recorded in it', () => {
  const stands = reach(
    list('consultations', ['Encounter/e1']),
    encounter(),
    list('consultation', ['List/t1'], { id: 'cons1' }),
    list('topic', ['List/h1'], { id: 't1' }),
    list('heading', ['AllergyIntolerance/a1', 'DocumentReference/doc1'], { id: 'h1' }),
    list('allergies', ['AllergyIntolerance/a1']),
    allergy(),
    document()
  )
  expect(stands['p1|List/h1']).toEqual(['consultations'])
  expect(stands['AllergyIntolerance/a1']).toEqual(['allergies', 'consultations'])
  expect(stands['DocumentReference/doc1']).toEqual(['consultations'])
})

test('an observation in a consultation does not draw the consultation into its own section', () => {
  const stands = reach(list('uncategorised', ['Observation/o1']), observation(), encounter())
  expect(stands['Encounter/e1']).toEqual(['consultations'])
})

test('what belongs to a problem stands among the problems, wherever else the problem stands', () => {
  const linked = condition({
    extension: [
      { url: extensionUrl('ActualProblem'), valueReference: to('AllergyIntolerance/a1') },
      { url: extensionUrl('RelatedClinicalContent'), valueReference: to('MedicationRequest/plan1') },
      {
        url: extensionUrl('RelatedProblemHeader'),
        extension: [{ url: 'target', valueReference: to('Condition/c2') }]
      }
    ]
  })
  const stands = reach(
    list('problems', ['Condition/c1']),
    list('heading', ['Condition/c1'], { id: 'h1' }),
    linked,
    condition({ id: 'c2' }),
    allergy(),
    plan()
  )
  expect(stands['Condition/c1']).toEqual(['problems', 'consultations'])
  expect(stands['AllergyIntolerance/a1']).toEqual(['problems'])
  expect(stands['MedicationRequest/plan1']).toEqual(['problems'])
  expect(stands['Condition/c2']).toEqual(['problems'])
})

test('a medicine leads to its plan, the plan to its issues, each to the product and the people', () => {
  const stands = reach(
    list('medications', ['MedicationStatement/s1']),
    list('heading', ['MedicationStatement/s1'], { id: 'h1' }),
    statement(),
    plan(),
    order(),
    medication(),
    practitioner({ id: 'dr' })
  )
  for (const name of [
    'MedicationStatement/s1',
    'MedicationRequest/plan1',
    'MedicationRequest/order1',
    'p1|Medication/m1'
  ]) {
    expect(stands[name]).toEqual(['medications', 'consultations'])
  }
})

test('a report leads to its results, their members, the specimen and the request', () => {
  const stands = reach(
    list('investigations', ['DiagnosticReport/d1']),
    report({ basedOn: [to('ProcedureRequest/1')] }),
    specimen(),
    observation({ id: 'o2', related: [{ type: 'has-member', target: to('Observation/o3') }] }),
    observation({ id: 'o3' }),
    observation({ id: 'o4', related: [{ type: 'derived-from', target: to('Observation/o2') }] }),
    diaryEntry({ intent: 'order' })
  )
  for (const name of [
    'Specimen/sp1',
    'Observation/o2',
    'Observation/o3',
    'Observation/o4',
    'ProcedureRequest/1'
  ]) {
    expect(stands[name]).toEqual(['investigations'])
  }
})

test('people and places stand where they are mentioned, also over one another', () => {
  const stands = reach(
    { ...list('allergies', ['AllergyIntolerance/a1']) },
    allergy({ recorder: to('Practitioner/nurse') }),
    practitioner({ id: 'nurse' }),
    practitionerRole({
      id: 'role',
      practitioner: to('Practitioner/nurse'),
      organization: to('Organization/clinic')
    }),
    organization({
      id: 'clinic',
      extension: [{ url: extensionUrl('MainLocation'), valueReference: to('Location/branch') }]
    }),
    location({ managingOrganization: undefined })
  )
  for (const name of [
    'Practitioner/nurse',
    'PractitionerRole/role',
    'Organization/clinic',
    'Location/branch'
  ]) {
    expect(stands[`p1|${name}`]).toEqual(['allergies'])
  }
})

test('the person stands in all that was asked for, and so do their doctor and what nothing mentions', () => {
  const stands = reach(
    practitioner(),
    organization(),
    location({ id: 'nowhere', managingOrganization: undefined })
  )
  for (const name of ['Patient/p1', 'p1|Practitioner/dr', 'p1|Organization/surgery', 'p1|Location/nowhere']) {
    expect(stands[name]).toEqual(structuredSections)
  }
})

test.each([
  ['consultations-medications-contained-in-consultations', 'consultations'],
  ['problems-uncategorised-data-related-to-problems', 'problems']
])('what the list %s names stands among the %s', (code, section) => {
  const system = 'https://fhir.hl7.org.uk/STU3/CodeSystem/GPConnect-SecondaryListValues-1'
  const secondary = list('heading', ['Observation/o1'], { code: { coding: [{ system, code }] } })
  expect(reach(secondary, observation())['Observation/o1']).toEqual([section])
})

test('a list of unknown purpose leads nowhere', () => {
  const unknown = list('heading', ['Observation/o1'], { id: 'l1', code: snomed('99999', 'To be confirmed') })
  const stands = reach(unknown, observation())
  expect(stands['Observation/o1']).toEqual(['uncategorised'])
  expect(stands['p1|List/l1']).toEqual(structuredSections)
})

test('an item that was kept out is listed in the sections that name it', () => {
  const { quarantined } = contributionOf(
    structuredRecordToContribution(
      bundle(
        patient(),
        list('heading', ['Observation/o1'], { id: 'h1' }),
        observation({ subject: to('Patient/p2') })
      ),
      asking()
    )
  )
  expect(quarantined[0]?.sections).toEqual(['consultations'])
})

test('the sections of an item are its tags', () => {
  const { entries } = contributionOf(structuredRecordToContribution(bundle(...wholeRecord()), asking()))
  for (const { resource, sections } of entries) {
    const tags = resource?.meta?.tag?.filter(({ system }) => system === chesil.section)
    expect(tags).toEqual(sections.map((code) => ({ system: chesil.section, code })))
  }
})
