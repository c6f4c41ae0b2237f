import { chesil } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, isDegraded, type Loose, landed } from './asking.ts'
import {
  allergy,
  bundle,
  condition,
  document,
  encounter,
  immunisation,
  location,
  medication,
  observation,
  patient,
  plan,
  report,
  type Stu3,
  snomed,
  specimen,
  statement,
  to
} from './stu3.ts'

const only = (resource: Stu3, name: string) =>
  landed(
    contributionOf(
      structuredRecordToContribution(
        bundle(...(resource['resourceType'] === 'Patient' ? [] : [patient()]), resource),
        asking()
      )
    ),
    name
  )
const notesOf = (resource: Loose): string[] =>
  (resource['note'] ?? []).map(({ text }: { text: string }) => text)

test.each([
  ['a day', '2019-03-28'],
  ['a month', '2019-03'],
  ['a year', '2019'],
  ['a leap day', '2024-02-29'],
  ['a time with a zone', '2019-03-28T10:30:00+00:00'],
  ['a time in UTC', '2019-03-28T10:30:00Z'],
  ['a time with a fraction', '2019-03-28T10:30:00.12345+01:00']
])('%s is kept byte for byte: %s', (_, date) => {
  const resource = only(allergy({ onsetDateTime: date }), 'AllergyIntolerance/a1')
  expect(resource['onsetDateTime']).toBe(date)
  expect(isDegraded(resource)).toBe(false)
})

test.each([
  ['a time without a zone', '2019-03-28T10:30:00', '2019-03-28'],
  ['a time without seconds', '2019-03-28T10:30+00:00', '2019-03-28'],
  ['a day that no calendar has', '2026-02-30', undefined],
  ['a leap day in a common year', '2023-02-29', undefined],
  ['a leap day in 1900', '1900-02-29', undefined],
  ['a thirteenth month', '2019-13', undefined],
  ['the year nought', '0000', undefined],
  ['an hour too many', '2019-03-28T24:00:00Z', undefined],
  ['a zone from nowhere', '2019-03-28T10:30:00+15:00', undefined],
  ['British order', '28/03/2019', undefined],
  ['words', 'last spring', undefined],
  ['half a year', '19', undefined]
])('%s leaves what is certain, and is kept as text: %s → %s', (_, date, kept) => {
  const resource = only(allergy({ onsetDateTime: date }), 'AllergyIntolerance/a1')
  expect(resource['onsetDateTime']).toBe(kept)
  expect(notesOf(resource)).toEqual([`Onset as sent: ${date}`])
  expect(isDegraded(resource)).toBe(true)
})

test.each([
  ['a number', 2019, '2019'],
  ['an object', { year: 2019 }, 'unreadable'],
  ['a list', ['2019'], 'unreadable']
])('a date that is %s lands as text', (_, date, words) => {
  expect(notesOf(only(allergy({ onsetDateTime: date }), 'AllergyIntolerance/a1'))).toEqual([
    `Onset as sent: ${words}`
  ])
})

test.each(['', null])('%j is no date, and nothing was lost', (date) => {
  expect(isDegraded(only(allergy({ onsetDateTime: date }), 'AllergyIntolerance/a1'))).toBe(false)
})

test('a date lands exactly when FHIR and the calendar know it', () => {
  const part = (most: number) =>
    fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, '0'))
  const year = fc.integer({ min: 0, max: 9999 }).map((number) => String(number).padStart(4, '0'))
  fc.assert(
    fc.property(year, part(14), part(33), (y, m, d) => {
      const date = `${y}-${m}-${d}`
      const day = new Date(0)
      day.setUTCFullYear(Number(y), Number(m) - 1, Number(d))
      const exists = y !== '0000' && day.toISOString().startsWith(`${date}T`)
      const resource = only(observation({ effectiveDateTime: date }), 'Observation/o1')
      expect(resource['effectiveDateTime']).toBe(exists ? date : undefined)
      expect(isDegraded(resource)).toBe(!exists)
    })
  )
})

test('an instant is exact or text', () => {
  const resource = only(observation({ issued: '2026-03-01' }), 'Observation/o1')
  expect(resource).not.toHaveProperty('issued')
  expect(notesOf(resource)).toEqual(['Issued as sent: 2026-03-01'])
})

test.each([
  ['midnight', '1962-04-09T00:00:00+00:00', []],
  ['midnight without a zone', '1962-04-09T00:00:00', []],
  ['midnight to the fraction', '1962-04-09T00:00:00.000Z', []],
  ['a time soon after midnight', '1962-04-09T00:00:45Z', ['<p>Birth date as sent: 1962-04-09T00:00:45Z</p>']]
])('%s is cut off a date; what says more is kept as text', (_, birthDate, words) => {
  const resource = only(patient({ birthDate }), 'Patient/p1')
  expect(resource['birthDate']).toBe('1962-04-09')
  expect(resource['text']?.div.match(/<p>.*?<\/p>/g) ?? []).toEqual(words)
})

test('a period that ends before it starts keeps its start', () => {
  const period = { start: '2026-03-01T10:00:00+00:00', end: '2026-03-01T09:00:00+00:00' }
  expect(only(encounter({ period }), 'Encounter/e1')).toMatchObject({
    period: { start: '2026-03-01T10:00:00+00:00' },
    text: { div: expect.stringContaining('Consultation end as sent: 2026-03-01T09:00:00+00:00') }
  })
})

test('an end on the day of the start is no contradiction, however exact the start', () => {
  const period = { start: '2026-03-01T10:00:00+00:00', end: '2026-03-01' }
  expect(only(encounter({ period }), 'Encounter/e1')['period']).toEqual(period)
})

test.each([
  [
    'a code with a line break',
    { code: '27113\n001', display: 'Weight' },
    { system: 'http://snomed.info/sct', display: 'Weight' }
  ],
  [
    'a code of two words too far apart',
    { code: '27113  001', display: 'Weight' },
    { system: 'http://snomed.info/sct', display: 'Weight' }
  ],
  [
    'a number for a code',
    { code: 27113001, display: 'Weight' },
    { system: 'http://snomed.info/sct', display: 'Weight' }
  ]
])('%s is left out of its coding and kept as text', (_, coding, kept) => {
  const code = { coding: [{ system: 'http://snomed.info/sct', ...coding }] }
  const resource = only(observation({ code }), 'Observation/o1')
  expect(resource['code'].coding).toEqual([kept])
  expect(notesOf(resource)[0]).toMatch(/^Observation \(code\) as sent: 27113/)
  expect(isDegraded(resource)).toBe(true)
})

test('spaces around a code or a system are not part of it', () => {
  const code = { coding: [{ system: 'http://snomed.info/sct ', code: '394595002 ', display: 'Pathology' }] }
  expect(only(observation({ code }), 'Observation/o1')['code']).toEqual({
    coding: [{ system: 'http://snomed.info/sct', code: '394595002', display: 'Pathology' }]
  })
})

test.each([
  ['an allergy', allergy({ code: { coding: [{ code: 'a\tb' }] } }), 'AllergyIntolerance/a1', 'code', 'a\tb'],
  ['an allergy', allergy({ code: 'Penicillin' }), 'AllergyIntolerance/a1', 'code', 'Penicillin'],
  ['an allergy', allergy({ code: {} }), 'AllergyIntolerance/a1', 'code', 'Not recorded'],
  ['a medicine', medication({ code: undefined }), 'p1|Medication/m1', 'code', 'Not recorded'],
  ['a problem', condition({ code: null }), 'Condition/c1', 'code', 'Not recorded'],
  ['a vaccination', immunisation({ vaccineCode: [] }), 'Immunization/i1', 'vaccineCode', 'Not recorded'],
  [
    'a statement',
    statement({ medicationReference: undefined }),
    'MedicationStatement/s1',
    'medicationCodeableConcept',
    'Not recorded'
  ]
])('%s whose code cannot be read lands as text, marked: %#', (_, resource, name, element, words) => {
  const found = only(resource, name)
  expect(found[element]).toEqual({ text: words })
  expect(isDegraded(found)).toBe(true)
})

test.each([
  [
    'AllergyIntolerance/a1',
    allergy,
    'clinicalStatus',
    'Clinical status',
    { coding: [expect.objectContaining({ code: 'active' })] }
  ],
  [
    'AllergyIntolerance/a1',
    allergy,
    'verificationStatus',
    'Verification status',
    { coding: [expect.objectContaining({ code: 'unconfirmed' })] }
  ],
  [
    'Condition/c1',
    condition,
    'clinicalStatus',
    'Clinical status',
    { coding: [expect.objectContaining({ code: 'active' })] }
  ],
  ['MedicationStatement/s1', statement, 'status', 'Status', 'unknown'],
  ['MedicationRequest/plan1', plan, 'status', 'Status', 'unknown'],
  ['MedicationRequest/plan1', plan, 'intent', 'Intent', 'plan'],
  ['Encounter/e1', encounter, 'status', 'Status', 'unknown'],
  ['Observation/o1', observation, 'status', 'Status', 'unknown'],
  ['Immunization/i1', immunisation, 'status', 'Status', 'completed'],
  ['DiagnosticReport/d1', report, 'status', 'Status', 'unknown'],
  ['DocumentReference/doc1', document, 'status', 'Status', 'current'],
  ['Specimen/sp1', specimen, 'status', 'Status', undefined],
  ['p1|Location/branch', location, 'status', 'Status', undefined]
])(
  '%s: an unknown %2$s becomes a safe one, marked, with the source’s word kept',
  (name, build, element, label, expected) => {
    const resource = only(build({ [element]: 'sideways' }), name)
    expect(resource[element]).toEqual(expected)
    expect(isDegraded(resource)).toBe(true)
    expect(JSON.stringify([resource['note'], resource['text']])).toContain(`${label} as sent: sideways`)
  }
)

test('a mandatory word that is missing is said to be missing', () => {
  expect(notesOf(only(observation({ status: undefined }), 'Observation/o1'))).toEqual([
    'Status was not recorded'
  ])
})

test('where R4 has no notes, what could not be read stands in the narrative, with nothing active in it', () => {
  const resource = only(encounter({ status: '<script>alert("x")</script> & \'y\'' }), 'Encounter/e1')
  expect(resource['text']).toEqual({
    status: 'additional',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Status as sent: &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</p></div>'
  })
})

test('a mark is a tag with the words for a reader', () => {
  const resource = only(observation({ status: undefined }), 'Observation/o1')
  expect(resource['meta'].tag.at(-1)).toEqual({
    system: chesil.itemTag,
    code: 'degraded',
    display: 'A code or date could not be read; see the text'
  })
})

test('notes of the source come before ours, and the same is said once', () => {
  const resource = only(
    observation({ comment: 'seated', effectiveDateTime: 'x', valueQuantity: { value: 'much', unit: 'kg' } }),
    'Observation/o1'
  )
  expect(notesOf(resource)).toEqual(['seated', 'Date as sent: x', 'Value as sent: much'])
})

test('a qualification that we do not understand is announced', () => {
  const modifierExtension = [
    { url: 'https://gp.example/StructureDefinition/refuted-by-hospital', valueBoolean: true }
  ]
  expect(notesOf(only(allergy({ modifierExtension }), 'AllergyIntolerance/a1'))).toEqual([
    'Qualified at its source in a way that could not be read: refuted-by-hospital'
  ])
})

test('text that FHIR cannot hold is cleaned, and nothing is marked', () => {
  const resource = only(observation({ comment: 'Blood\u00a0pressure\u0000 \ud800 taken' }), 'Observation/o1')
  expect(notesOf(resource)).toEqual(['Blood pressure  \ufffd taken'])
  expect(isDegraded(resource)).toBe(false)
})

test('an end on a problem that is still active is kept as text: R4 allows one or the other', () => {
  const resource = only(condition({ abatementDateTime: '2020-05-01' }), 'Condition/c1')
  expect(resource).not.toHaveProperty('abatementDateTime')
  expect(notesOf(resource)).toEqual(['End as sent: 2020-05-01'])
  expect(
    only(condition({ clinicalStatus: 'inactive', abatementDateTime: '2020' }), 'Condition/c1')
  ).toMatchObject({
    abatementDateTime: '2020'
  })
})

test('an end on a problem that was entered in error is kept as text: R4 lets it have no status', () => {
  const resource = only(
    condition({
      clinicalStatus: 'resolved',
      verificationStatus: 'entered-in-error',
      abatementDateTime: '2020'
    }),
    'Condition/c1'
  )
  expect(resource).not.toHaveProperty('clinicalStatus')
  expect(notesOf(resource)).toEqual(['End as sent: 2020'])
})

test('a vaccination on an unreadable date keeps it as its date in words', () => {
  const resource = only(immunisation({ date: 'autumn 2025' }), 'Immunization/i1')
  expect(resource['occurrenceString']).toBe('autumn 2025')
  expect(isDegraded(resource)).toBe(true)
})

test('an observation with more than one value keeps the first, and the others as text', () => {
  const resource = only(observation({ valueString: 'heavy' }), 'Observation/o1')
  expect(resource['valueQuantity'].value).toBe(71.5)
  expect(resource).not.toHaveProperty('valueString')
  expect(notesOf(resource)).toEqual(['Further value as sent: heavy'])
})

test('the dead stay dead, whatever the date', () => {
  const person = patient({ deceasedDateTime: 'last week' })
  const { entries } = contributionOf(structuredRecordToContribution(bundle(person), asking()))
  expect(entries[0]?.resource).toMatchObject({ deceasedBoolean: true })
})

test('a degraded allergy of the source’s own keeps its code and its text, and is not ours to mark', () => {
  const code = { ...snomed('196461000000101', 'Transfer-degraded drug allergy'), text: 'Allergy to Septrin' }
  const resource = only(allergy({ code }), 'AllergyIntolerance/a1')
  expect(resource['code']).toEqual(code)
  expect(isDegraded(resource)).toBe(false)
})

test('a list entry that cannot be read is still an entry', () => {
  const entry = [{ item: to('Observation/o1') }, { 'item:': to('Observation/o1') }]
  const resource = only(
    { resourceType: 'List', id: 'l', status: 'current', mode: 'snapshot', subject: to('Patient/p1'), entry },
    'p1|List/l'
  )
  expect(resource['entry']).toHaveLength(2)
  expect(resource['entry'][1]).toEqual({ item: { display: 'An entry that could not be read' } })
  expect(isDegraded(resource)).toBe(true)
})

test('a number beyond FHIR’s 32 bits is left out, and its item is not', () => {
  const resource = only(
    immunisation({ vaccinationProtocol: [{ doseSequence: 9_449_305_553 }] }),
    'Immunization/i1'
  )
  expect(resource['protocolApplied']?.[0]).not.toHaveProperty('doseNumberPositiveInt')
})
