import type { Section } from '@chesil/contracts'
import { expect, test } from 'vitest'
import {
  documentSearchToContribution,
  parameterSections,
  structuredRecordToContribution
} from '../src/index.ts'
import { asking, contributionOf } from './asking.ts'
import { statement } from './statement.ts'
import {
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
