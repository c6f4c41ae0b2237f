import { chesil } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { isDegraded, type Loose, patientId } from '../asking.ts'
import {
  baseUrl,
  condition,
  contribution,
  entriesOf,
  issuesOf,
  observation,
  page,
  resourceId,
  type Told
} from './trust.ts'

/** The first resource of an answer with these types. */
const first = (byType: Readonly<Record<string, Told>>): Loose =>
  entriesOf(contribution(byType))[0]?.resource as Loose
const land = (source: Loose): Loose => first({ [source['resourceType']]: { pages: [page([source])] } })

test('a resource keeps its source’s words under Chesil’s id and subject', () => {
  const source = condition('c1', {
    clinicalStatus: { text: 'Active' },
    note: [{ text: 'Seen' }],
    onsetString: 'Spring'
  })
  const { id, meta, subject, ...rest } = land(source)
  const { id: _id, subject: _subject, ...given } = source
  expect(rest).toEqual(given)
  expect(id).toBe(resourceId('Condition', 'Condition/c1'))
  expect(subject).toEqual({ reference: `Patient/${patientId}` })
  expect(meta).toEqual({
    source: 'urn:nhs-uk:addressing:ods:R0D',
    profile: ['https://fhir.hl7.org.uk/StructureDefinition/UKCore-Condition'],
    tag: [
      { system: chesil.source, code: 'trust-fhir', display: 'Dorset Hospital' },
      { system: chesil.section, code: 'problems' }
    ]
  })
})

test('its profiles, labels and tags stay; what it says in Chesil’s name does not', () => {
  const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
  const tag = { system: 'https://trust.example/tags', code: 'x' }
  const spoof = { system: chesil.itemTag, code: 'unverified' }
  const { meta, extension } = land(
    condition('c1', {
      meta: {
        versionId: '7',
        lastUpdated: '2026-01-01T00:00:00Z',
        profile: ['https://trust.example/P'],
        security: [label],
        tag: [tag, spoof]
      },
      extension: [
        { url: chesil.medicineCurrency, valueCode: 'past' },
        { url: 'https://trust.example/E', valueCode: 'y' }
      ]
    })
  )
  expect(meta).toMatchObject({ profile: ['https://trust.example/P'], security: [label] })
  expect(meta.tag.slice(2)).toEqual([tag])
  expect([meta.versionId, meta.lastUpdated]).toEqual([undefined, undefined])
  expect(extension).toEqual([{ url: 'https://trust.example/E', valueCode: 'y' }])
})

describe('a reference', () => {
  const encounter = {
    resourceType: 'Encounter',
    id: 'e1',
    status: 'finished',
    class: { code: 'IMP' },
    subject: { reference: 'Patient/p1' }
  }
  const refer = (
    reference: Loose,
    others: Readonly<Record<string, Told>> = { Encounter: { pages: [page([encounter])] } }
  ) =>
    first({ Condition: { pages: [page([condition('c1', { encounter: reference })])] }, ...others })[
      'encounter'
    ]
  const ours = { reference: `Encounter/${resourceId('Encounter', 'Encounter/e1')}` }

  test.each(['Encounter/e1', 'Encounter/e1/_history/2', `${baseUrl}/Encounter/e1`])(
    'to another item of the record leads there: %s',
    (reference) => {
      expect(refer({ reference, display: 'Stay' })).toEqual({ ...ours, display: 'Stay' })
    }
  )

  test('leads to an item that did not change since it was asked for', () => {
    expect(refer({ reference: 'Encounter/e1' }, { Encounter: { kind: 'increment' } })).toEqual(ours)
    expect(refer({ reference: 'Encounter/e1' }, { Encounter: { failed: 'timed-out' } })).toEqual(ours)
  })

  test.each<[string, Readonly<Record<string, Told>>]>([
    ['of a type that is not asked for', {}],
    ['that the source does not list', { Encounter: {} }],
    [
      'that is kept out',
      { Encounter: { pages: [page([{ ...encounter, subject: { reference: 'Patient/p2' } }])] } }
    ]
  ])('to something %s names it as its source does', (_case, others) => {
    expect(refer({ reference: 'Encounter/e1' }, others)).toEqual({
      type: 'Encounter',
      identifier: { system: `${baseUrl}/Encounter`, value: 'e1' }
    })
  })

  test('keeps the words and the identifier of its source', () => {
    const named = {
      reference: 'Encounter/e9',
      display: 'Stay',
      identifier: { system: 'https://trust.example/visit', value: '1' }
    }
    expect(refer(named)).toEqual({ type: 'Encounter', display: 'Stay', identifier: named.identifier })
  })

  test('to another server is no link', () => {
    const reference = 'https://elsewhere.example/R4/Encounter/e1'
    expect(refer({ reference })).toEqual({ identifier: { system: 'urn:ietf:rfc:3986', value: reference } })
    expect(refer({ reference, display: 'Stay' })).toEqual({ display: 'Stay' })
  })

  test('to somebody else names nobody, and the item says so', () => {
    const landed = land(
      observation('o1', { performer: [{ reference: 'Patient/p2', display: 'Olga Other' }] })
    )
    expect(landed['performer']).toEqual([{ display: 'Another person' }])
    expect(isDegraded(landed)).toBe(true)
    expect(JSON.stringify(landed)).not.toContain('Olga')
  })

  test('into the item itself stays', () => {
    const landed = land(
      condition('c1', {
        asserter: { reference: '#d' },
        contained: [
          { resourceType: 'Practitioner', id: 'd', name: [{ text: 'Dr Weir' }], meta: { versionId: '1' } }
        ]
      })
    )
    expect(landed).toMatchObject({
      asserter: { reference: '#d' },
      contained: [{ id: 'd', name: [{ text: 'Dr Weir' }] }]
    })
    expect(issuesOf(landed as never)).toEqual([])
  })
})

describe('a prescription that refers to its medicine', () => {
  const prescription = (reference: Loose) => ({
    ...{
      resourceType: 'MedicationRequest',
      id: 'm1',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/p1' }
    },
    medicationReference: reference
  })
  const medicine = {
    resourceType: 'Medication',
    id: 'x',
    code: { text: 'Timolol' },
    text: { status: 'generated', div: '<div/>' }
  }
  const prescribe = (reference: Loose, ...others: readonly Loose[]) =>
    first({ MedicationRequest: { pages: [page([prescription(reference), ...others])] } })

  test('takes it along', () => {
    const landed = prescribe({ reference: 'Medication/x' }, medicine)
    expect(landed).toMatchObject({
      contained: [{ resourceType: 'Medication', id: 'medication', code: { text: 'Timolol' } }],
      medicationReference: { reference: '#medication' }
    })
    expect(issuesOf(landed as never)).toEqual([])
  })

  test('is named by its words where it did not come', () => {
    const landed = prescribe({ reference: 'Medication/y', display: 'Timolol' }, medicine)
    expect(landed['medicationReference']).toMatchObject({ display: 'Timolol' })
    expect(isDegraded(landed)).toBe(false)
  })

  test('says so where nothing names it', () => {
    const landed = prescribe({ reference: 'Medication/y' })
    expect(landed['medicationReference']).toMatchObject({ display: 'Medicine not named by its source' })
    expect(landed['note']).toEqual([{ text: 'Its source did not send the name of the medicine' }])
    expect(isDegraded(landed)).toBe(true)
    expect(issuesOf(landed as never)).toEqual([])
  })
})

describe('a narrative', () => {
  const narrative = (status: string, div: string) => land(condition('c1', { text: { status, div } }))
  const plain = '<div xmlns="http://www.w3.org/1999/xhtml"><p>More</p></div>'

  test.each(['additional', 'extensions'])('that says more than the elements is kept: %s', (status) => {
    expect(narrative(status, plain)['text']).toEqual({ status, div: plain })
  })

  test.each(['generated', 'empty', 'new'])('that does not is left out: %s', (status) => {
    expect(narrative(status, plain)).not.toHaveProperty('text')
  })

  test('with anything active in it is left out, and the item says so', () => {
    const landed = narrative(
      'additional',
      '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'
    )
    expect(landed).not.toHaveProperty('text')
    expect(landed['note']).toEqual([{ text: 'Its text could not be shown' }])
  })
})

test('a modifier extension stays, and the reader is told of it', () => {
  const modifierExtension = [{ url: 'https://trust.example/suspected', valueBoolean: true }]
  const landed = land(condition('c1', { modifierExtension }))
  expect(landed).toMatchObject({
    modifierExtension,
    note: [{ text: 'Qualified at its source in a way that could not be read: suspected' }]
  })
  expect(isDegraded(landed)).toBe(true)
})

test('the address of a file is the source’s, never one of ours', () => {
  const content = ['Binary/b1', '/Binary/b1', `${baseUrl}/Binary/b1`, 'https://elsewhere.example/f'].map(
    (url) => ({ attachment: { url } })
  )
  const document = {
    resourceType: 'DocumentReference',
    id: 'd1',
    status: 'current',
    subject: { reference: 'Patient/p1' },
    content
  }
  const urls = land(document)['content'].map(({ attachment }: Loose) => attachment.url)
  expect(urls).toEqual([...Array(3).fill(`${baseUrl}/Binary/b1`), 'https://elsewhere.example/f'])
})

test('what is nested deeper than any resource is kept out', () => {
  let deep: Loose = { valueString: 'x' }
  for (let depth = 0; depth < 200; depth++) deep = { extension: [deep] }
  const { quarantined } = contribution({ Condition: { pages: [page([condition('c1', deep)])] } })
  expect(quarantined).toMatchObject([{ reason: 'invalid', sourceResourceId: 'Condition/c1' }])
})
