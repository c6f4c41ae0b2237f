import type { Section, SectionStatement } from '@chesil/contracts'
import { expect, test } from 'vitest'
import {
  documentSearchToContribution,
  parameterSections,
  structuredRecordToContribution
} from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import {
  allergy,
  bundle,
  document,
  endedAllergy,
  extensionUrl,
  type ListKind,
  list,
  patient,
  type Stu3,
  searchset,
  snomed,
  to,
  warning
} from './stu3.ts'

function statement(section: Section, ...resources: Stu3[]): SectionStatement | undefined {
  const mapped = structuredRecordToContribution(bundle(patient(), ...resources), asking())
  return contributionOf(mapped).sections.find((one) => one.section === section)
}

const outcome = (diagnostics: string | undefined, overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'warning',
      code: 'not-supported',
      details: {
        coding: [
          {
            system: 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1',
            code: 'NOT_IMPLEMENTED'
          }
        ],
        text: `${diagnostics} is an unrecognised parameter`
      },
      diagnostics,
      ...overrides
    }
  ]
})

const kinds: [ListKind & Section, string][] = [
  ['allergies', 'includeAllergies'],
  ['medications', 'includeMedication'],
  ['problems', 'includeProblems'],
  ['consultations', 'includeConsultations'],
  ['immunisations', 'includeImmunisations'],
  ['uncategorised', 'includeUncategorisedData'],
  ['investigations', 'includeInvestigations'],
  ['referrals', 'includeReferrals'],
  ['diary', 'includeDiaryEntries']
]

test.each(kinds)('%s: returned, empty, unsupported and not returned are told apart', (section, parameter) => {
  const silent = { section, warnings: [] }
  expect(statement(section, list(section, ['Observation/1']))).toEqual({
    ...silent,
    state: 'returned',
    complete: true
  })
  expect(statement(section, list(section))).toEqual({ ...silent, state: 'empty', complete: true })
  expect(statement(section, outcome(parameter))).toEqual({ ...silent, state: 'unsupported', complete: false })
  expect(statement(section)).toEqual({ ...silent, state: 'not-returned', complete: false })
})

test('each parameter of the request has its section', () => {
  expect([...parameterSections]).toEqual(kinds.map(([section, parameter]) => [parameter, section]))
})

test('only what was asked for is stated, once each, in the order of asking', () => {
  const asked: Section[] = ['diary', 'allergies', 'diary']
  const { sections } = contributionOf(structuredRecordToContribution(bundle(patient()), asking({ asked })))
  expect(sections.map(({ section }) => section)).toEqual(['diary', 'allergies'])
})

test('a list is known by its code, never by its title', () => {
  const titled = list('uncategorised', ['Observation/1'], { title: 'Medication List' })
  expect(statement('medications', titled)?.state).toBe('not-returned')
  expect(statement('uncategorised', titled)?.state).toBe('returned')
})

test('a code of another system is not the code of a section', () => {
  const other = list('allergies', ['AllergyIntolerance/a1'], {
    code: { coding: [{ system: 'http://read.info/readv2', code: '886921000000105' }] }
  })
  expect(statement('allergies', other)?.state).toBe('not-returned')
})

test('referrals go by the code of an older draft too', () => {
  const older = list('referrals', ['ReferralRequest/1'], {
    code: snomed('886721000000107', 'Referral details')
  })
  expect(statement('referrals', older)?.state).toBe('returned')
})

test('a list that is not shown to be this person’s was returned, and speaks for nothing', () => {
  const other = list('allergies', ['AllergyIntolerance/a1'], {
    subject: to('Patient/p2'),
    extension: warning('confidential-items')
  })
  const expected = { section: 'allergies', state: 'returned', warnings: [], complete: false }
  expect(statement('allergies', other)).toEqual(expected)
  expect(statement('allergies', other, list('allergies'))).toEqual(expected)
  expect(statement('allergies', other, outcome('includeAllergies'))?.state).toBe('unsupported')
  const ended = list('ended', ['#28'], { subject: to('Patient/p2'), contained: [endedAllergy()] })
  expect(statement('allergies', ended)?.state).toBe('not-returned')
})

test('the list of ended allergies does not answer for the active ones', () => {
  const ended = list('ended', ['#28'], { contained: [endedAllergy()] })
  expect(statement('allergies', ended)).toMatchObject({ state: 'not-returned', complete: false })
  expect(statement('allergies', list('allergies'), ended)).toMatchObject({
    state: 'returned',
    complete: true
  })
})

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

const transfer =
  'Patient record transfer from previous GP practice not yet complete; information recorded before 01-Mar-2026 may be missing.'

test.each([
  ['data-in-transit', transfer, false],
  ['confidential-items', 'Items excluded due to confidentiality and/or patient preferences.', true],
  [
    'data-awaiting-filing',
    'Patient data may be incomplete as there is data supplied by a third party awaiting review.',
    true
  ]
])('a warning of %s is passed on with its words, with its code or without', (code, text, complete) => {
  const note = [{ text }]
  const expected = { state: 'returned', warnings: [{ code, text }], complete }
  expect(
    statement('problems', list('problems', ['Condition/c1'], { extension: warning(code), note }))
  ).toMatchObject(expected)
  expect(statement('problems', list('problems', ['Condition/c1'], { note }))).toMatchObject(expected)
})

test('a list of data awaiting filing stands beside the list of its section', () => {
  const text = 'data awaiting filing'
  const waiting = list('problems', ['Condition/c2'], {
    extension: warning('data-awaiting-filing'),
    note: [{ text }]
  })
  expect(statement('problems', list('problems', ['Condition/c1']), waiting)).toEqual({
    section: 'problems',
    state: 'returned',
    warnings: [{ code: 'data-awaiting-filing', text }],
    complete: true
  })
})

test('two warnings share the one note, and the same warning of two lists is said once', () => {
  const overrides = {
    extension: [...warning('confidential-items'), ...warning('data-in-transit')],
    note: [{ text: `${transfer} Information not available` }]
  }
  expect(statement('allergies', list('allergies', [], overrides), list('ended', [], overrides))).toEqual({
    section: 'allergies',
    state: 'empty',
    warnings: [
      { code: 'confidential-items', text: transfer },
      { code: 'data-in-transit', text: transfer }
    ],
    complete: false
  })
})

const secondary = (code: string, overrides: Stu3): Stu3 => {
  const system = 'https://fhir.hl7.org.uk/STU3/CodeSystem/GPConnect-SecondaryListValues-1'
  return list('heading', ['Observation/o1'], { code: { coding: [{ system, code }] }, ...overrides })
}
const kept = 'Items excluded due to confidentiality and/or patient preferences.'

test.each<[string, Section, (overrides: Stu3) => Stu3]>([
  ['a consultation', 'consultations', (more) => list('consultation', ['List/t1'], more)],
  ['a topic', 'consultations', (more) => list('topic', ['List/h1'], more)],
  ['a heading', 'consultations', (more) => list('heading', ['Observation/o1'], more)],
  [
    'what consultations contain',
    'consultations',
    (more) => secondary('consultations-medications-contained-in-consultations', more)
  ],
  [
    'what problems relate to',
    'problems',
    (more) => secondary('problems-uncategorised-data-related-to-problems', more)
  ]
])('a warning on a list of %s is a warning about the %s', (_, section, build) => {
  const main = list(section as ListKind, ['Condition/c1'])
  const confidential = build({ extension: warning('confidential-items'), note: [{ text: kept }] })
  expect(statement(section, main, confidential)).toEqual({
    section,
    state: 'returned',
    warnings: [{ code: 'confidential-items', text: kept }],
    complete: true
  })
  const moving = build({ extension: warning('data-in-transit'), note: [{ text: transfer }] })
  expect(statement(section, main, moving)).toMatchObject({ state: 'returned', complete: false })
  expect(statement('allergies', list('allergies'), moving)?.warnings).toEqual([])
  expect(statement(section, confidential)?.state).toBe('not-returned')
})

test('a warning on a list of unknown purpose is a warning about everything', () => {
  const unknown = list('heading', ['Observation/o1'], {
    code: snomed('99999', 'To be confirmed'),
    extension: warning('confidential-items'),
    note: [{ text: kept }]
  })
  for (const section of ['problems', 'diary'] as const) {
    expect(statement(section, list(section), unknown)?.warnings).toEqual([
      { code: 'confidential-items', text: kept }
    ])
  }
})

test('what a practice notes about a consultation is no warning about the section', () => {
  const noted = list('heading', ['Observation/o1'], { note: [{ text: 'Discussed with her sister' }] })
  expect(statement('consultations', list('consultations', ['Encounter/e1']), noted)?.warnings).toEqual([])
})

test('what a practice notes about a list without a warning is passed on', () => {
  const text = 'There are no allergies in the patient record but it has not been confirmed with the patient.'
  expect(statement('allergies', list('allergies', [], { note: [{ text }] }))?.warnings).toEqual([
    { code: 'note', text }
  ])
})

test('a warning stays on the list itself', () => {
  const transit = list('problems', [], { extension: warning('data-in-transit'), note: [{ text: transfer }] })
  const contribution = contributionOf(structuredRecordToContribution(bundle(patient(), transit), asking()))
  expect(landed(contribution, 'p1|List/~717711000000103')).toMatchObject({
    extension: [
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ListWarningCode',
        valueCodeableConcept: {
          coding: [
            { system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ListWarningCode', code: 'data-in-transit' }
          ]
        }
      }
    ],
    note: [{ text: transfer }],
    emptyReason: {
      coding: [
        {
          system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ListEmptyReasonCode',
          code: 'no-content-recorded'
        }
      ]
    }
  })
})

test('a part of a parameter that was not understood is a warning: the section itself was answered', () => {
  const part = outcome('includeMedication.medicationSearchFromDate')
  expect(statement('medications', list('medications'), part)).toEqual({
    section: 'medications',
    state: 'empty',
    warnings: [
      {
        code: 'not-supported',
        text: 'includeMedication.medicationSearchFromDate is an unrecognised parameter'
      }
    ],
    complete: true
  })
  expect(statement('problems', list('problems'), part)?.warnings).toEqual([])
})

test('an issue that does not say what it is about is a warning about everything', () => {
  const vague = outcome(undefined, { code: 'processing', details: { text: 'Something went wrong' } })
  expect(statement('problems', list('problems'), vague)?.warnings).toEqual([
    { code: 'processing', text: 'Something went wrong' }
  ])
})

test('a section that was switched off is unsupported, even where a list of it came', () => {
  expect(statement('problems', list('problems', ['Condition/c1']), outcome('includeProblems'))).toMatchObject(
    {
      state: 'unsupported',
      complete: false
    }
  )
})

const sentence = 'Document items are not supported by the provider system'

test.each([
  ['an entry of a list', list('heading', [], { id: 'h1', entry: [{ item: { display: sentence } }] })],
  ['a reference of a list', list('heading', [sentence], { id: 'h1' })],
  [
    'what belongs to a problem',
    {
      resourceType: 'Condition',
      id: 'c1',
      subject: to('Patient/p1'),
      extension: [{ url: extensionUrl('RelatedClinicalContent'), valueReference: to(sentence) }]
    }
  ]
])('a sentence in %s says that a section is unsupported', (_, resource) => {
  const asked: Section[] = ['documents']
  const mapped = structuredRecordToContribution(bundle(patient(), resource), asking({ asked }))
  expect(contributionOf(mapped).sections).toEqual([
    {
      section: 'documents',
      state: 'unsupported',
      warnings: [{ code: 'not-supported', text: sentence }],
      complete: false
    }
  ])
})

const search = (...resources: Stu3[]) =>
  contributionOf(documentSearchToContribution(searchset(...resources), asking({ asked: ['allergies'] })))

test('a document search speaks for documents alone, whatever else was asked for', () => {
  const { sections, entries } = search(patient(), document())
  expect(sections).toEqual([{ section: 'documents', state: 'returned', warnings: [], complete: true }])
  expect(entries.map((entry) => entry.sections)).toEqual([['documents'], ['documents']])
})

test('a document search that finds nothing, and so nobody, says that there is nothing', () => {
  expect(search()).toEqual({
    mode: 'snapshot',
    sections: [{ section: 'documents', state: 'empty', warnings: [], complete: true }],
    entries: [],
    quarantined: []
  })
})

test.each([
  ['counts documents', { total: 3 }],
  ['has more pages to come', { link: [{ relation: 'next', url: 'https://gp.example/2' }] }],
  ['has something else for its entries', { entry: 'three' }]
])('a document search that sends nothing, but %s, is not taken for an empty one', (_, more) => {
  expect(documentSearchToContribution({ ...searchset(), ...more }, asking())).toEqual({
    outcome: 'refused',
    reason: 'no-person'
  })
})

test('documents of another person are kept out of a document search', () => {
  const { entries, quarantined, sections } = search(patient(), document({ subject: to('Patient/p2') }))
  expect(entries).toHaveLength(1)
  expect(quarantined).toMatchObject([{ reason: 'other-subject', sections: ['documents'] }])
  expect(sections[0]?.state).toBe('returned')
})

test('a document search with more pages to come, or with a warning, does not speak for all documents', () => {
  const paged = {
    ...searchset(patient(), document()),
    link: [{ relation: 'next', url: 'https://gp.example/2' }]
  }
  const { sections } = contributionOf(documentSearchToContribution(paged, asking()))
  expect(sections[0]?.complete).toBe(false)
  expect(search(patient(), outcome('author')).sections[0]).toMatchObject({
    state: 'empty',
    warnings: [{ code: 'not-supported', text: 'author is an unrecognised parameter' }],
    complete: false
  })
})
