import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  heldTypes,
  indexResource,
  isHeldType,
  isListedType,
  listedTypes,
  parametersByType
} from '../../src/index.ts'

const indexOf = (resource: object, sections: string[] = []) => indexResource(resource as Resource, sections)
const observation = (rest: object) => indexOf({ resourceType: 'Observation', ...rest })
const ms = (text: string) => Date.parse(text)
const never = 8_640_000_000_000_000

describe('tokens of an entry', () => {
  const concept = (...coding: object[]) => ({ coding })

  test.each<[string, object, object | undefined]>([
    ['a code', { status: 'final' }, { status: ['|final'] }],
    [
      'a concept, each coding of it',
      {
        code: concept(
          { system: 'http://loinc.org', code: '1' },
          { system: 'http://snomed.info/sct', code: '2' }
        )
      },
      {
        code: ['http://loinc.org|1', 'http://snomed.info/sct|2'],
        'combo-code': ['http://loinc.org|1', 'http://snomed.info/sct|2']
      }
    ],
    [
      'a coding without a system',
      { category: [concept({ code: 'vital-signs' })] },
      { category: ['|vital-signs'] }
    ],
    [
      'several concepts, each code once',
      { category: [concept({ code: 'a' }), concept({ code: 'b' }), concept({ code: 'a' })] },
      { category: ['|a', '|b'] }
    ],
    [
      'what stands deeper, under its own name',
      { component: [{ code: concept({ code: 'a' }) }, { code: concept({ code: 'b' }) }] },
      { 'component-code': ['|a', '|b'], 'combo-code': ['|a', '|b'] }
    ],
    ['of text alone, nothing', { code: { text: 'Weight' } }, undefined],
    ['of a coding without a code, nothing', { code: concept({ system: 'http://loinc.org' }) }, undefined],
    ['of what is not searched by, nothing', { method: concept({ code: 'a' }) }, undefined]
  ])('%s', (_case, rest, token) => {
    expect(observation(rest).token).toEqual(token)
  })

  test('a coding that is no concept: the class of an encounter', () => {
    const { token } = indexOf({ resourceType: 'Encounter', class: { system: 'urn:act', code: 'AMB' } })
    expect(token).toEqual({ class: ['urn:act|AMB'] })
  })

  test('an identifier, by its value; of two kinds, all', () => {
    const { token } = indexOf({
      resourceType: 'DocumentReference',
      masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:a' },
      identifier: [{ type: { coding: [{ code: 'VN' }] }, value: 'B|1' }, { system: 'urn:c' }]
    })
    expect(token).toEqual({ identifier: ['urn:ietf:rfc:3986|urn:uuid:a', '|B|1'] })
  })
})

describe('dates of an entry', () => {
  const condition = (rest: object) => indexOf({ resourceType: 'Condition', ...rest }).date?.['date']
  const period = (start?: string, end?: string) => ({
    effectivePeriod: { ...(start && { start }), ...(end && { end }) }
  })

  test.each<[string, object, [string | number, string | number] | undefined]>([
    ['a day, in London', { effectiveDateTime: '2026-07-01' }, ['2026-06-30T23:00Z', '2026-07-01T23:00Z']],
    ['a year', { effectiveDateTime: '2026' }, ['2026-01-01T00:00Z', '2027-01-01T00:00Z']],
    [
      'an instant, to its last digit',
      { effectiveInstant: '2026-01-01T09:00:00.500+01:00' },
      ['2026-01-01T08:00:00.500Z', '2026-01-01T08:00:00.501Z']
    ],
    [
      'a period, from the beginning of its start to the end of its end',
      period('2026-01', '2026-02'),
      ['2026-01-01T00:00Z', '2026-03-01T00:00Z']
    ],
    ['a period that goes on', period('2026-01-01'), ['2026-01-01T00:00Z', never]],
    [
      'a period that nobody knows the start of',
      period(undefined, '2026-01-01'),
      [-never, '2026-01-02T00:00Z']
    ],
    ['a period of nothing', period(), undefined],
    ['a day that no calendar has', { effectiveDateTime: '2026-02-30' }, undefined],
    ['a date in words', { effectiveDateTime: 'last week' }, undefined]
  ])('%s', (_case, rest, interval) => {
    const expected = interval?.map((at) => (typeof at === 'number' ? at : ms(at)))
    expect(observation(rest).date?.['date']).toEqual(expected)
  })

  test('the first path that has one is the one meant', () => {
    const recorded = { recordedDate: '2026-05-01T00:00:00Z' }
    expect(condition({ ...recorded, onsetDateTime: '2020' })).toEqual([ms('2020-01-01'), ms('2021-01-01')])
    expect(condition({ ...recorded, onsetDateTime: 'long ago' })?.[0]).toBe(ms('2026-05-01'))
  })

  test('of several, all of them from the first to the last', () => {
    const content = ['2026-02-01', '2026-03-01', '2026-01-01'].map((creation) => ({
      attachment: { creation }
    }))
    expect(indexOf({ resourceType: 'DocumentReference', content }).date).toEqual({
      date: [ms('2026-01-01'), ms('2026-03-02')]
    })
  })
})

describe('an index', () => {
  test('has nothing of what is not there', () => {
    expect(indexOf({ resourceType: 'Practitioner', id: 'a', name: [{ family: 'Weir' }] })).toEqual({})
  })

  test('of a type that is not held has neither tokens nor dates', () => {
    expect(indexOf({ resourceType: 'Basic', code: { coding: [{ code: 'a' }] }, created: '2026' })).toEqual({
      codes: ['a']
    })
  })

  test('says in which sections the item stands', () => {
    expect(indexOf({ resourceType: 'Basic' }, ['allergies'])).toEqual({ sections: ['allergies'] })
  })

  test('names what belongs to it, but for what it contains', () => {
    const references = (...keys: string[]) => keys.map((reference) => ({ reference }))
    const resource = {
      medicationReference: { reference: 'Medication/m' },
      result: references('Observation/r', '#inside'),
      hasMember: references('Observation/h'),
      derivedFrom: [{ display: 'something said' }, ...references('Observation/d')],
      subject: { reference: 'Patient/p' }
    }
    expect(observation(resource).content).toEqual([
      'Medication/m',
      'Observation/r',
      'Observation/h',
      'Observation/d'
    ])
  })

  test('names the files of a document or a report, as far as they are held here', () => {
    const attachments = ['Binary/a', 'https://elsewhere.example/Binary/b', '#c', undefined].map((url) => ({
      url
    }))
    const document = {
      resourceType: 'DocumentReference',
      content: attachments.map((attachment) => ({ attachment }))
    }
    expect(indexOf(document).content).toEqual(['Binary/a'])
    expect(indexOf({ resourceType: 'DiagnosticReport', presentedForm: attachments }).content).toEqual([
      'Binary/a'
    ])
  })

  test('has every code once, at any depth, but not those of its meta', () => {
    const code = (value: string) => ({ coding: [{ code: value }] })
    const resource = {
      meta: { tag: [{ code: 'tag' }], security: [] },
      code: code('a'),
      extension: [{ valueCodeableConcept: code('b') }, { valueCoding: { code: 'c' } }],
      component: [{ code: code('a'), referenceRange: [{ appliesTo: [code('d')] }] }],
      contained: [{ resourceType: 'Specimen', type: code('e') }],
      note: [{ text: 'coding' }]
    }
    expect(observation(resource).codes?.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('survives the way through JSON', () => {
    const index = observation({ effectivePeriod: { start: '2026' }, code: { coding: [{ code: 'a' }] } })
    expect(JSON.parse(JSON.stringify(index))).toStrictEqual(index)
  })
})

describe('the search parameters', () => {
  test.each(heldTypes)('of %s have each name once, and none that begins like a common one', (type) => {
    const { token = {}, date = {} } = parametersByType.get(type) ?? {}
    const names = [...Object.keys(token), ...Object.keys(date)]
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^[a-z][a-z-]*$/.test(name))).toEqual([])
  })

  test.each(['Basic', 'toString', '', 'patient'])('know no type "%s"', (type) => {
    expect([isHeldType(type), isListedType(type)]).toEqual([false, false])
  })

  test('are of every type that is listed: of what is held, all but files', () => {
    expect(heldTypes.filter((type) => !isListedType(type))).toEqual(['Binary'])
    expect(listedTypes).toEqual(heldTypes.filter((type) => type !== 'Binary'))
  })
})
