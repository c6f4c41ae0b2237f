import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, nhsNumber, patientId } from './asking.ts'
import {
  allergy,
  bundle,
  condition,
  diaryEntry,
  document,
  encounter,
  endedAllergy,
  immunisation,
  list,
  observation,
  order,
  patient,
  plan,
  questionnaire,
  referral,
  report,
  type Stu3,
  specimen,
  statement,
  to
} from './stu3.ts'

const ours = 'https://gp.example/STU3/1'
const theirs = 'https://other.example/STU3/1'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(...resources), asking()))

const builders: [string, string, (overrides: Stu3) => Stu3][] = [
  ['AllergyIntolerance', 'patient', allergy],
  ['Condition', 'subject', condition],
  ['MedicationRequest', 'subject', plan],
  ['MedicationRequest', 'subject', order],
  ['MedicationStatement', 'subject', statement],
  ['Encounter', 'subject', encounter],
  ['Observation', 'subject', observation],
  ['Immunization', 'patient', immunisation],
  ['ProcedureRequest', 'subject', diaryEntry],
  ['ReferralRequest', 'subject', referral],
  ['DiagnosticReport', 'subject', report],
  ['Specimen', 'subject', specimen],
  ['DocumentReference', 'subject', document],
  ['QuestionnaireResponse', 'subject', questionnaire],
  ['List', 'subject', (overrides) => list('allergies', [], { id: 'l1', ...overrides })]
]

/** The type that it would have had here: by that, what it said before is known. */
const r4TypeOf = (type: string) =>
  type === 'ProcedureRequest' || type === 'ReferralRequest' ? 'ServiceRequest' : type

test.each(builders)('a %s whose %s is another Patient is kept out and listed', (type, element, build) => {
  const { entries, quarantined } = map(patient(), build({ [element]: to('Patient/somebody-else') }))
  expect(entries.map(({ resourceType }) => resourceType)).toEqual(['Patient'])
  expect(quarantined).toMatchObject([
    {
      reason: 'other-subject',
      resourceType: r4TypeOf(type),
      expression: `${type}.${element}`,
      sourceResourceId: expect.any(String)
    }
  ])
  expect(JSON.stringify([entries, quarantined])).not.toContain('somebody-else')
})

test.each(builders)('a %s without a %s is kept out and listed', (type, element, build) => {
  const { entries, quarantined } = map(patient(), build({ [element]: undefined }))
  expect(entries).toHaveLength(1)
  expect(quarantined).toMatchObject([
    { reason: 'no-subject', resourceType: r4TypeOf(type), expression: `${type}.${element}` }
  ])
})

const identifier = (value: string) => ({ identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value } })

test.each([
  ['the Patient', to('Patient/p1'), true],
  ['the Patient by a URL of a server that nothing shows to be the source’s', to(`${ours}/Patient/p1`), false],
  ['a Patient of that id below something else', to('Person/Patient/p1'), false],
  ['a version of the Patient', to('Patient/p1/_history/3'), true],
  ['the Patient by id alone', to('p1'), true],
  ['the NHS number', identifier(nhsNumber), true],
  ['the Patient and the NHS number', { ...to('Patient/p1'), ...identifier(nhsNumber) }, true],
  ['a display beside it', { ...to('Patient/p1'), display: 'O’BRIEN, Maeve' }, true],
  ['the Patient and somebody’s number', { ...to('Patient/p1'), ...identifier('9000000009') }, false],
  ['somebody’s number', identifier('9000000009'), false],
  ['somebody and the NHS number', { ...to('Patient/p2'), ...identifier(nhsNumber) }, false],
  ['somebody by an absolute URL', to('https://gp.example/STU3/1/Patient/p2'), false],
  ['a practitioner of the same id', to('Practitioner/p1'), false],
  ['a contained Patient', to('#p1'), false],
  ['a name alone', { display: 'O’BRIEN, Maeve' }, false],
  ['the Patient and somebody else', [to('Patient/p1'), to('Patient/p2')], false]
])('an item that names %s as its subject lands: %j → %s', (_, subject, isIn) => {
  const { entries, quarantined } = map(patient(), observation({ subject }))
  expect(entries.map(({ resourceType }) => resourceType).includes('Observation')).toBe(isIn)
  expect(quarantined).toHaveLength(isIn ? 0 : 1)
  if (isIn) expect(entries[1]?.resource).toHaveProperty('subject', { reference: `Patient/${patientId}` })
})

/** The same with the URL of each entry at its source. */
const at = (base: string, ...resources: Stu3[]) => ({
  ...bundle(),
  entry: resources.map((resource) => ({
    fullUrl: `${base}/${resource['resourceType']}/${resource['id']}`,
    resource
  }))
})
const landedIn = (answer: Stu3): boolean =>
  contributionOf(structuredRecordToContribution(answer, asking())).quarantined.length === 0

test('the Patient by a URL is this person where it is the source’s own: as its entries are named', () => {
  const absolute = observation({ subject: to(`${ours}/Patient/p1`) })
  expect(landedIn(at(ours, patient(), absolute))).toBe(true)
  expect(landedIn(at('https://gp.example/STU3', patient(), absolute))).toBe(true)
  expect(landedIn(at(theirs, patient(), absolute))).toBe(false)
  const urn = { fullUrl: 'urn:uuid:7', resource: patient() }
  const by = (subject: Stu3) => ({ ...bundle(), entry: [urn, { resource: observation({ subject }) }] })
  expect(landedIn(by(to('urn:uuid:7')))).toBe(true)
  expect(landedIn(by(to('urn:uuid:8')))).toBe(false)
})

test('or as its items refer to one another', () => {
  const absolute = observation({ subject: to(`${ours}/Patient/p1`) })
  const other = (base: string, id: string) =>
    observation({ id, performer: [to(`${base}/Practitioner/dr`)], context: to(`${base}/Encounter/e1`) })
  expect(landedIn(bundle(patient(), encounter(), absolute, other(ours, 'o2')))).toBe(true)
  expect(landedIn(bundle(patient(), encounter(), absolute, other(theirs, 'o2')))).toBe(false)
  expect(landedIn(bundle(patient(), encounter(), absolute, other(ours, 'o2'), other(theirs, 'o3')))).toBe(
    false
  )
})

test('an item of another server does not vouch for itself by what else it refers to there', () => {
  const foreign = observation({ subject: to(`${theirs}/Patient/p1`), context: to(`${theirs}/Encounter/e7`) })
  expect(landedIn(bundle(patient(), encounter(), foreign))).toBe(false)
  expect(landedIn(bundle(patient(), encounter(), foreign, { ...foreign, id: 'o2' }))).toBe(false)
})

test('a Patient of another server is another person wherever they are named', () => {
  const { entries } = map(patient(), allergy({ asserter: to(`${theirs}/Patient/p1`) }))
  expect(entries[1]?.resource).toHaveProperty('asserter', { display: 'Another person, not named here' })
})

test('an ended allergy inside its list has to say whose it is', () => {
  const { entries, quarantined } = map(
    patient(),
    list('ended', ['#28', '#29', '#30'], {
      contained: [
        endedAllergy(),
        endedAllergy({ id: '29', patient: to('Patient/somebody-else') }),
        endedAllergy({ id: '30', patient: undefined })
      ]
    })
  )
  expect(entries.filter(({ resourceType }) => resourceType === 'AllergyIntolerance')).toHaveLength(1)
  expect(
    quarantined.map(({ reason, sourceResourceId, sections }) => [reason, sourceResourceId, sections])
  ).toEqual([
    ['other-subject', 'AllergyIntolerance/29', ['allergies']],
    ['no-subject', 'AllergyIntolerance/30', ['allergies']]
  ])
})

test('the id of another person is not repeated, wherever it stands', () => {
  const { entries } = map(
    patient({ link: [{ other: to('Patient/somebody-else'), type: 'seealso' }] }),
    document({ subject: to('Patient/somebody-else') }),
    observation({
      performer: [
        { ...to('Patient/somebody-else'), display: 'Somebody Else' },
        to('somebody-else'),
        identifier('9000000009')
      ],
      context: to('https://gp.example/Encounter/somebody-else-1')
    })
  )
  expect(JSON.stringify(entries)).not.toMatch(/somebody.else|9000000009/i)
  const stranger = { display: 'Another person, not named here' }
  expect(entries[1]?.resource).toMatchObject({
    performer: [stranger, stranger, stranger],
    encounter: stranger
  })
})

test('what the practice holds about the person links to Chesil’s Patient, and to no other', () => {
  const { entries } = map(patient({ link: [{ other: to('Patient/p9'), type: 'replaced-by' }] }))
  expect(entries[0]).toMatchObject({
    resourceType: 'Patient',
    sourceResourceId: 'Patient/p1',
    resource: {
      link: [{ other: { reference: `Patient/${patientId}` }, type: 'refer' }],
      birthDate: '1962-04-09'
    }
  })
  expect(entries[0]?.resource?.id).not.toBe(patientId)
})

test('a type that we do not know is kept out and listed, in the section that names it', () => {
  const procedure = { resourceType: 'Procedure', id: 'pr1', subject: to('Patient/p1') }
  const { entries, quarantined } = map(patient(), procedure, list('uncategorised', ['Procedure/pr1']))
  expect(quarantined).toEqual([
    {
      reason: 'invalid',
      resourceType: 'Procedure',
      sourceResourceId: 'Procedure/pr1',
      sections: ['uncategorised']
    }
  ])
  expect(entries[1]?.resource).toHaveProperty('entry', [
    { item: { display: 'Procedure that could not be read' } }
  ])
})

test('each entry that is no resource is listed', () => {
  const entry = [{ resource: patient() }, {}, null, {}, { resource: 7 }]
  const { quarantined } = contributionOf(
    structuredRecordToContribution({ ...bundle(patient()), entry }, asking())
  )
  expect(quarantined).toEqual(Array(4).fill({ reason: 'invalid', resourceType: 'Resource', sections: [] }))
})
