import { chesil, systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, type Loose, landed, resourceOf } from './asking.ts'
import { areHere, orSkip, readData, readRecord, resourcesIn } from './on-disk.ts'

const skelly = '9690937286_Skelly_large.structuredRecord.json.gz'
const malformed = 'malformedDateStructuredRecord.json.gz'

const map = (file: string, spoil: (record: Loose) => void = () => undefined) => {
  const { record, context } = readRecord('structured-records', file)
  spoil(record)
  return structuredRecordToContribution(record, context)
}
const contribution = (file: string) => contributionOf(map(file))

describe.skipIf(!areHere)(`defects of real records (${orSkip})`, () => {
  test.each([
    [skelly, 27],
    [malformed, 1]
  ])(
    '1: %s holds %i documents of another patient: each is refused and listed, nothing else mentions them',
    (file, number) => {
      const { entries, quarantined } = contribution(file)
      const refused = quarantined.filter(({ reason }) => reason === 'other-subject')
      expect(refused).toHaveLength(number)
      expect(new Set(refused.map(({ sourceResourceId }) => sourceResourceId)).size).toBe(number)
      for (const item of refused) {
        expect(item).toMatchObject({ expression: 'DocumentReference.subject', sections: ['documents'] })
      }
      expect(entries.filter(({ resourceType }) => resourceType === 'DocumentReference')).toEqual([])
      expect(JSON.stringify([entries, quarantined])).not.toMatch(/C71B9A8D/i)
    }
  )

  test('1: an observation that does not say whose it is stays out, and the lists that name it say so', () => {
    const { quarantined, entries } = contribution(skelly)
    expect(quarantined.filter(({ reason }) => reason === 'no-subject')).toEqual([
      {
        reason: 'no-subject',
        resourceType: 'Observation',
        sourceResourceId: 'Observation/Consultation1-Topic1-Category-Plan-Observation-2',
        sections: ['problems', 'consultations'],
        expression: 'Observation.subject'
      }
    ])
    const plan = resourceOf(
      entries.find(({ sourceResourceId }) =>
        sourceResourceId.endsWith('|List/Consultation1-Topic1-Category-Plan')
      )
    )
    expect(JSON.stringify(plan)).toContain('Observation withheld: not shown to be this person’s')
  })

  test('2: a sentence in the place of a reference is for reading, and its section does not speak for all', () => {
    const mapped = contribution(skelly)
    const list = landed(mapped, '2|List/Consultation1-Topic1-Category-Plan')
    const sentence = 'Referral items are not supported by the provider system'
    expect(list['entry']).toContainEqual({ item: { display: sentence } })
    expect(mapped.sections).toContainEqual({
      section: 'referrals',
      state: 'returned',
      warnings: [{ code: 'not-supported', text: sentence }],
      complete: false
    })
  })

  test('2: where nothing of the kind was returned, the section is unsupported', () => {
    const mapped = contributionOf(
      map(skelly, (record) => {
        record['entry'] = record['entry'].filter(
          ({ resource }: Loose) =>
            resource.title !== 'Outbound referral' && resource.resourceType !== 'ReferralRequest'
        )
      })
    )
    expect(mapped.sections.find(({ section }) => section === 'referrals')).toMatchObject({
      state: 'unsupported',
      complete: false
    })
  })

  test('3: Encounter/Encounter/1 is Encounter/1, a thousand times', () => {
    const { record } = readRecord('structured-records', skelly)
    const doubled = resourcesIn(record).filter(
      (resource) => resource['context']?.reference === 'Encounter/Encounter/1'
    )
    expect(doubled).toHaveLength(1014)
    const mapped = contributionOf(
      map(skelly, ({ entry }) => {
        const first = entry.find(({ resource }: Loose) => resource.id === 'Encounter1')
        entry.push({ resource: { ...first.resource, id: '1' } })
      })
    )
    const encounter = landed(mapped, 'Encounter/1')['id']
    for (const { id } of doubled) {
      expect(landed(mapped, `Observation/${id}`)['encounter']).toEqual({
        reference: `Encounter/${encounter}`
      })
    }
  })

  test('3: as published there is no Encounter/1: what is referred to is named, and pointed to by nothing', () => {
    const { entries } = contribution(skelly)
    const dangling = entries.filter(({ resource }) =>
      JSON.stringify(resource).includes('"identifier":{"value":"Encounter/Encounter/1"}')
    )
    expect(dangling).toHaveLength(1014)
    expect(resourceOf(dangling[0])).toHaveProperty('encounter', {
      identifier: { value: 'Encounter/Encounter/1' },
      display: 'Encounter that the source did not send'
    })
  })

  test('3: a reference without a type finds the one item of that id', () => {
    const { record, context } = readRecord('spec-1.6.2-structured', 'consultations_response1.json')
    const person = resourcesIn(record).find(({ resourceType }) => resourceType === 'Patient')?.['id']
    for (const resource of resourcesIn(record)) resource['subject'] &&= { reference: `Patient/${person}` }
    const mapped = contributionOf(structuredRecordToContribution(record, context))
    const list = mapped.entries.find(({ sourceResourceId }) =>
      sourceResourceId.endsWith('|List/~826501000000100')
    )
    const first = landed(mapped, 'Observation/Consultation1-Topic1-Category-History-Observation-1')
    expect(resourceOf(list)).toHaveProperty('entry.0.item.reference', `Observation/${first['id']}`)
  })

  test('4: of two with one id, copies are one and of different places one is kept, the one that is linked', () => {
    const mapped = contribution(skelly)
    const alike = [
      '2|Practitioner/1',
      '2|Location/17',
      '2|PractitionerRole/e0244de8-07ef-4274-9f7a-d7067bcc8d21'
    ]
    for (const name of alike) {
      expect(mapped.entries.filter(({ sourceResourceId }) => sourceResourceId === name)).toHaveLength(1)
    }
    const practitioner = landed(mapped, '2|Practitioner/1')['id']
    expect(landed(mapped, alike[1] ?? '')['name']).toBe('COXWOLD Surgery')
    expect(landed(mapped, alike[2] ?? '')['practitioner']).toEqual({
      reference: `Practitioner/${practitioner}`
    })
  })

  test('5: List/ended-allergies#id leads to the allergy that was contained there', () => {
    const mapped = contribution('correctAllergiesContainedResourceResponse.json')
    const ended = landed(mapped, 'AllergyIntolerance/eb306f14-31e9-11ee-b912-0a58a9feac02')
    expect(ended['clinicalStatus'].coding).toEqual([{ system: systems.allergyClinical, code: 'resolved' }])
    const secondary = mapped.entries.find(({ sourceResourceId }) =>
      sourceResourceId.includes('problems-allergies-that-have-been-ended-related-to-problems')
    )
    expect(resourceOf(secondary)).toHaveProperty('entry', [
      { item: { reference: `AllergyIntolerance/${ended['id']}` } }
    ])
  })

  test('5: an ended allergy that its list contains and does not name is in the list nevertheless', () => {
    const { entries } = contribution('correctAllergiesContainedResourceResponse.json')
    const list = entries.find(({ sourceResourceId }) => sourceResourceId.endsWith('|List/ended-allergies'))
    expect(resourceOf(list)).toHaveProperty('entry.length', 2)
    expect(resourceOf(list)).not.toHaveProperty('contained')
  })

  test('6: the id of the Bundle means nothing', () => {
    const file = '9465698679_Gainsford_full_20210602.json'
    const other = map(file, (record) => {
      record['id'] = 'another'
    })
    const none = map(file, (record) => {
      delete record['id']
    })
    expect(other).toEqual(map(file))
    expect(none).toEqual(map(file))
  })

  test.each([
    ['the number 1234567890', '9465698490_Daniels_full_20210602.json.gz'],
    ['a template in place of the number', 'MedicusBasedOnErrorStructuredRecord.json']
  ])('7: a record as published, with %s, is nobody’s', (_, file) => {
    const published = readData('gp-connect', 'structured-records', file)
    const { context } = readRecord('structured-records', file)
    expect(structuredRecordToContribution(published, context)).toEqual({
      outcome: 'refused',
      reason: 'wrong-person'
    })
  })

  test('8: whatever the host, the spelling and the capitals, which term was recorded is kept', () => {
    const { record, context } = readRecord(
      'structured-records',
      'correctPatientStructuredRecordWithTextDocAttachment.json'
    )
    const { entries } = contributionOf(structuredRecordToContribution(record, context))
    const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0
    const given = count(JSON.stringify(record), /"url":"description(?:id)"/gi)
    const kept = count(JSON.stringify(entries), /StructureDefinition\/coding-sctdescid/g)
    expect(given).toBeGreaterThan(0)
    expect(kept).toBe(given)
  })

  test('8: an extension with a bare number for a name is ignored', () => {
    const file = 'correctPatientStructuredRecordWithTextDocAttachment.json'
    expect(JSON.stringify(readData('gp-connect', 'structured-records', file))).toContain(
      '"url":"1568421000000118"'
    )
    expect(JSON.stringify(contribution(file))).not.toContain('"url":"1568421000000118"')
  })

  test('9: a list without an id gets one from what it is for', () => {
    const { entries } = contribution('9465698679_Gainsford_full_20210602.json')
    const unnamed = entries.filter(({ sourceResourceId }) => sourceResourceId.includes('|List/~'))
    expect(unnamed.map(({ sourceResourceId }) => sourceResourceId.split('|List/')[1]).slice(0, 3)).toEqual([
      '~886921000000105',
      '~1103671000000101',
      '~1102181000000102'
    ])
    expect(unnamed).toHaveLength(15)
  })

  test.each([
    ['female', '2015-04-16', '9465698490_Daniels_full_20210602.json.gz'],
    ['other', '1996-08-21', '9465699926_Sajal_full_20210122.json'],
    ['unknown', '2000-12-20', '9465700193_Birdi_full_20210602.json'],
    ['male', '1925-04-21', skelly]
  ])('10: gender %s and birth date %s stay as they are', (gender, birthDate, file) => {
    const patient = contribution(file).entries.find(({ resourceType }) => resourceType === 'Patient')
    expect(resourceOf(patient)).toMatchObject({ gender, birthDate })
  })
})

test('every item says which practice said it', () => {
  const { entries } = contributionOf(
    structuredRecordToContribution(
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          {
            resource: {
              resourceType: 'Patient',
              id: 'p1',
              identifier: [{ system: systems.nhsNumber, value: asking().person.nhsNumbers[0] }],
              birthDate: '1962-04-09'
            }
          }
        ]
      },
      asking()
    )
  )
  expect(resourceOf(entries[0]).meta).toMatchObject({
    source: 'urn:nhs-uk:addressing:ods:A81001',
    tag: expect.arrayContaining([
      { system: chesil.source, code: 'gp-high-street', display: 'High Street Surgery' }
    ])
  })
})
