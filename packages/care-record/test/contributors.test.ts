import type { Source } from '@chesil/contracts'
import { describe, expect, test } from 'vitest'
import { isFresh, type PersonAtSources, sourceStatement, sourcesToAsk } from '../src/index.ts'
import { facts, hill, minute, now, source } from './builders.ts'
import { fhirR4, hl7v2, itk3 } from './hospitals.ts'

/** Whom, as what, and why not. */
const ask = (sources: readonly Source[], person: Partial<PersonAtSources> = {}) =>
  sourcesToAsk(
    { registeredPractice: undefined, deceased: false, hasNhsNumber: true, heldSources: [], ...person },
    { sources: [...sources], readingOrganisations: [] }
  ).map(({ sourceId, relation, notAsked }) => [sourceId, relation, notAsked ?? 'asked'].join(' '))

describe('a source that sends', () => {
  test('is spoken of when it has told of the person, never asked, and never a former practice', () => {
    expect(ask([hl7v2(), itk3()], { heldSources: ['r0d-itk3'] })).toEqual(['r0d-itk3 contributor sends'])
    expect(ask([hl7v2(), itk3()])).toEqual([])
  })

  test.each([
    ['planned', 'not-connected'],
    ['retired', 'retired']
  ] as const)('%s: %s', (releaseStage, why) => {
    expect(ask([hl7v2({ releaseStage })], { heldSources: ['r0d-hl7'] })).toEqual([
      `r0d-hl7 contributor ${why}`
    ])
  })

  test('is no practice, whatever its ODS code', () => {
    expect(ask([hl7v2({ odsCode: hill })], { registeredPractice: hill })).toEqual([
      'ods-a81001 registered not-connected'
    ])
  })
})

describe('a FHIR endpoint', () => {
  test.each<[string, Source[], string[], string[]]>([
    [
      'for everyone is asked about everyone',
      [fhirR4({ ask: 'everyone' })],
      [],
      ['r0d-fhir contributor asked']
    ],
    ['for known people is not named for others', [fhirR4()], [], []],
    ['that holds something is asked again', [fhirR4()], ['r0d-fhir'], ['r0d-fhir contributor asked']],
    [
      'whose trust has sent something is asked',
      [hl7v2(), fhirR4()],
      ['r0d-hl7'],
      ['r0d-hl7 contributor sends', 'r0d-fhir contributor asked']
    ],
    [
      'is not asked because another trust has',
      [hl7v2({ odsCode: 'RXX' }), fhirR4()],
      ['r0d-hl7'],
      ['r0d-hl7 contributor sends']
    ],
    [
      'that is planned for everyone is named',
      [fhirR4({ ask: 'everyone', releaseStage: 'planned' })],
      [],
      ['r0d-fhir contributor not-connected']
    ],
    ['that is retired is named no more', [fhirR4({ ask: 'everyone', releaseStage: 'retired' })], [], []],
    [
      'unless it holds something',
      [fhirR4({ releaseStage: 'retired' })],
      ['r0d-fhir'],
      ['r0d-fhir contributor retired']
    ]
  ])('%s', (_case, sources, heldSources, expected) => {
    expect(ask(sources, { heldSources })).toEqual(expected)
  })

  test('cannot be asked about somebody without a verified NHS number', () => {
    expect(ask([fhirR4({ ask: 'everyone' })], { hasNhsNumber: false })).toEqual([
      'r0d-fhir contributor no-nhs-number'
    ])
  })

  test('is asked about somebody who has died, too', () => {
    expect(ask([fhirR4({ ask: 'everyone' })], { deceased: true })).toEqual(['r0d-fhir contributor asked'])
  })
})

test('practices come first, then hospitals as the catalogue lists them', () => {
  const person = { registeredPractice: hill, heldSources: ['r0d-hl7', 'gp-old', 'r0d-fhir'] }
  expect(ask([fhirR4(), hl7v2(), source(), source({ id: 'gp-old', odsCode: 'B82002' })], person)).toEqual([
    'gp-hill registered asked',
    'gp-old former former',
    'r0d-fhir contributor asked',
    'r0d-hl7 contributor sends'
  ])
})

test('nobody waits for a source that sends: it is neither fresh nor to be asked', () => {
  const asked = { sourceId: 'r0d-hl7', source: hl7v2(), relation: 'contributor', notAsked: 'sends' } as const
  const known = facts({ sourceId: 'r0d-hl7', asAt: now - minute, lastPull: { outcome: 'applied', at: now } })
  expect(isFresh(asked, known, now)).toBe(false)
  expect(sourceStatement(asked, known, new Set(), now)).toMatchObject({
    codes: ['sends', 'stored'],
    relation: 'contributor',
    name: 'Dorset Hospital',
    asAt: now - minute
  })
})

test('the sections that a practice speaks for take nothing over from a hospital', () => {
  const asked = { sourceId: 'r0d-hl7', source: hl7v2(), relation: 'contributor', notAsked: 'sends' } as const
  const statement = sourceStatement(asked, facts({ asAt: now }), new Set(['allergies']), now)
  expect(statement.codes[0]).toBe('sends')
})
