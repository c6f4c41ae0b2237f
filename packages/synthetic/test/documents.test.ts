import { describe, expect, test } from 'vitest'
import {
  createPeople,
  createPractices,
  documentSearchset,
  findLetter,
  structuredRecord,
  withForeignItem
} from '../src/index.ts'
import { inconsistenciesOf, ofType } from './record-checks.ts'

const practices = createPractices(2)
const people = createPeople({ seed: 'demo', count: 1, practices })
const baseUrl = 'https://practice.example/J99001/STU3/1/gpconnect'
const record = structuredRecord(people.at(-1) as (typeof people)[number], {
  seed: 'documents',
  size: 900,
  asAt: '2026-11-22',
  practice: practices[0] as (typeof practices)[number],
  baseUrl
})
const documents = ofType(record, 'DocumentReference')
const days = documents.map((document) => String(document['created']).slice(0, 10)).toSorted()
const middle = days[Math.floor(days.length / 2)] as string

describe('a document search', () => {
  test('finds all documents, the person, and who wrote and keeps them', () => {
    const found = documentSearchset(record, { baseUrl })
    expect(found.type).toBe('searchset')
    expect(ofType(found, 'DocumentReference')).toEqual(documents)
    expect(ofType(found, 'Patient')).toHaveLength(1)
    expect(ofType(found, 'Organization')).toHaveLength(1)
    expect(ofType(found, 'PractitionerRole').length).toBe(ofType(found, 'Practitioner').length)
    const dangling = inconsistenciesOf(found).filter((name) => !/^(Encounter|Location)/.test(name))
    expect(dangling).toEqual([])
  })

  test('gives each entry its address', () => {
    const [first] = documentSearchset(record, { baseUrl }).entry
    expect(first?.fullUrl).toBe(`${baseUrl}/documents/Patient/${first?.resource.id}`)
  })

  test.each([
    { case: 'from a day', search: { createdFrom: middle }, fits: (day: string) => day >= middle },
    { case: 'up to a day', search: { createdTo: middle }, fits: (day: string) => day <= middle },
    {
      case: 'of one day',
      search: { createdFrom: middle, createdTo: middle },
      fits: (day: string) => day === middle
    }
  ])('finds those $case', ({ search, fits }) => {
    const found = ofType(documentSearchset(record, { baseUrl, ...search }), 'DocumentReference')
    expect(found).toHaveLength(days.filter(fits).length)
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(documents.length)
  })

  test('finds those with a word in their description, in any case', () => {
    const found = ofType(
      documentSearchset(record, { baseUrl, description: 'CLINICAL LETTER' }),
      'DocumentReference'
    )
    expect(found.length).toBeGreaterThan(0)
    expect(found.every((document) => String(document['description']).startsWith('Clinical letter'))).toBe(
      true
    )
  })

  test.each([
    { author: 'J99001', count: documents.length },
    { author: 'J99002', count: 0 }
  ])('finds $count of those that $author keeps', ({ author, count }) => {
    expect(ofType(documentSearchset(record, { baseUrl, author }), 'DocumentReference')).toHaveLength(count)
  })

  test('leaves another person’s document out', () => {
    const foreign = withForeignItem(record, 'Patient/another', `DocumentReference/${documents[0]?.id}`)
    expect(ofType(documentSearchset(foreign, { baseUrl }), 'DocumentReference')).toEqual(documents.slice(1))
  })
})

describe('a letter', () => {
  const attachment = (document: (typeof documents)[number]) =>
    (document['content'] as [{ attachment: { url?: string; size: number } }])[0].attachment

  test('is as long as its document says, and plain ASCII', () => {
    for (const document of documents) {
      const { url, size } = attachment(document)
      if (url === undefined) continue
      const letter = findLetter(record, url.split('/Binary/')[1] as string)
      expect(letter).toMatch(/^[\n -~]+$/)
      expect(letter).toHaveLength(size)
    }
  })

  test('is not there for an id that no document has', () => {
    expect(findLetter(record, 'none')).toBeUndefined()
  })
})
