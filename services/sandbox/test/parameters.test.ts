import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, parametersFor, refusalIn, resolved, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
let odsCode: string
let nhsNumber: string
beforeAll(async () => {
  sandbox = await startSandbox({ RECORD_SIZES: '600' })
  const { person } = sandbox.one('ordinary')
  odsCode = person.practice
  nhsNumber = person.nhsNumber
})
afterAll(() => sandbox.app.close())

const post = (body: unknown) => ask(sandbox, { odsCode, body })
const withParameters = (...parameter: object[]) => post(parametersFor(nhsNumber, parameter))
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

const part = (name: string, partName: string, value: object) => ({
  name,
  part: [{ name: partName, ...value }]
})
const since = (valueDate: string) => part('includeMedication', 'medicationSearchFromDate', { valueDate })
const period = (valuePeriod: object) =>
  part('includeUncategorisedData', 'uncategorisedDataSearchPeriod', { valuePeriod })
const consultations = { name: 'includeConsultations' }
const problems = { name: 'includeProblems' }

describe('the body', () => {
  test.each([
    { case: 'is no JSON', body: 'not json' },
    { case: 'is JSON null', body: 'null' },
    { case: 'is another resource', body: { resourceType: 'Patient' } },
    { case: 'has no parameters', body: { resourceType: 'Parameters' } },
    { case: 'has parameters without names', body: { resourceType: 'Parameters', parameter: [{}] } },
    { case: 'has hostile parameters', body: '{"resourceType":"Parameters","parameter":{"__proto__":[]}}' }
  ])('is no valid resource when it $case', async ({ body }) => {
    const response = await post(body)
    expect(response.statusCode).toBe(422)
    expect(refusalIn(response.json()).code).toBe('INVALID_RESOURCE')
  })
})

describe('the NHS number', () => {
  const system = 'https://fhir.nhs.uk/Id/nhs-number'
  const named = (...valueIdentifiers: object[]) => ({
    resourceType: 'Parameters',
    parameter: valueIdentifiers.map((valueIdentifier) => ({ name: 'patientNHSNumber', valueIdentifier }))
  })
  test.each([
    {
      case: 'is missing',
      body: { resourceType: 'Parameters', parameter: [resolved] },
      status: 422,
      code: 'INVALID_PARAMETER'
    },
    {
      case: 'is there twice',
      body: named({ system, value: '9990000000' }, { system, value: '9990000000' }),
      status: 422,
      code: 'INVALID_PARAMETER'
    },
    {
      case: 'is no identifier',
      body: { resourceType: 'Parameters', parameter: [{ name: 'patientNHSNumber', valueString: '1' }] },
      status: 422,
      code: 'INVALID_PARAMETER'
    },
    {
      case: 'has another system',
      body: named({ system: 'http://fhir.nhs.net/Id/nhs-number', value: '9990000000' }),
      status: 400,
      code: 'INVALID_IDENTIFIER_SYSTEM'
    },
    {
      case: 'fails the check digit',
      body: named({ system, value: '1234567890' }),
      status: 400,
      code: 'INVALID_NHS_NUMBER'
    },
    {
      case: 'has spaces',
      body: named({ system, value: '943 476 5919' }),
      status: 400,
      code: 'INVALID_NHS_NUMBER'
    },
    {
      case: 'is a number',
      body: named({ system, value: 9434765919 }),
      status: 400,
      code: 'INVALID_NHS_NUMBER'
    }
  ])('is refused when it $case', async ({ body, status, code }) => {
    const response = await post(body)
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })
})

describe('a parameter is refused', () => {
  test.each([
    {
      case: 'allergies without saying whether resolved ones too',
      parameters: [{ name: 'includeAllergies' }]
    },
    {
      case: 'a part without a value',
      parameters: [part('includeAllergies', 'includeResolvedAllergies', {})]
    },
    {
      case: 'a text for a boolean',
      parameters: [part('includeAllergies', 'includeResolvedAllergies', { valueString: 'true' })]
    },
    { case: 'a search from a partial date', parameters: [since('2020-01')] },
    { case: 'a search from a time', parameters: [since('2020-01-01T00:00:00Z')] },
    { case: 'a search from a day that no calendar has', parameters: [since('2026-02-30')] },
    { case: 'a search from tomorrow', parameters: [since(day(1))] },
    { case: 'an empty period', parameters: [period({})] },
    { case: 'a period that starts tomorrow', parameters: [period({ start: day(1) })] },
    { case: 'a period that ends tomorrow', parameters: [period({ end: day(1) })] },
    {
      case: 'a period that ends before it starts',
      parameters: [period({ start: '2020-02-02', end: '2020-02-01' })]
    },
    { case: 'a period of months', parameters: [period({ start: '2020-02' })] },
    {
      case: 'no consultations',
      parameters: [part('includeConsultations', 'includeNumberOfMostRecent', { valuePositiveInt: 0 })]
    },
    {
      case: 'a diary up to yesterday',
      parameters: [part('includeDiaryEntries', 'diaryEntriesSearchDate', { valueDate: day(-1) })]
    },
    {
      case: 'a status that problems have not',
      parameters: [part('includeProblems', 'filterStatus', { valueCode: 'resolved' })]
    },
    {
      case: 'one that stands there twice',
      parameters: [{ name: 'includeReferrals' }, { name: 'includeReferrals' }]
    },
    {
      case: 'a part that stands there twice',
      parameters: [
        { name: 'includeMedication', part: [...since('2020-01-01').part, ...since('2020-01-02').part] }
      ]
    },
    { case: 'nothing but unknown ones', parameters: [{ name: 'includeHoroscope' }] },
    { case: 'medicines since a day beside consultations', parameters: [consultations, since('2020-01-01')] },
    {
      case: 'uncategorised data of a period beside consultations',
      parameters: [consultations, period({ start: '2020-01-01' })]
    },
    {
      case: 'active problems beside consultations',
      parameters: [consultations, part('includeProblems', 'filterStatus', { valueCode: 'active' })]
    },
    {
      case: 'referrals of a period beside problems',
      parameters: [
        problems,
        part('includeReferrals', 'referralSearchPeriod', { valuePeriod: { start: '2020-01-01' } })
      ]
    },
    {
      case: 'a diary up to a day beside problems',
      parameters: [problems, part('includeDiaryEntries', 'diaryEntriesSearchDate', { valueDate: day(1) })]
    },
    {
      case: 'immunisations not given beside problems',
      parameters: [problems, part('includeImmunisations', 'includeNotGiven', { valueBoolean: true })]
    },
    {
      case: 'the status of immunisations beside consultations',
      parameters: [consultations, part('includeImmunisations', 'includeStatus', { valueBoolean: true })]
    }
  ])('for $case', async ({ parameters }) => {
    const response = await withParameters(...parameters)
    expect(response.statusCode).toBe(422)
    expect(refusalIn(response.json()).code).toBe('INVALID_PARAMETER')
    expect(refusalIn(response.json()).diagnostics).not.toBe('')
  })

  test('for a period of consultations and their number together', async () => {
    const response = await withParameters({
      name: 'includeConsultations',
      part: [
        { name: 'consultationSearchPeriod', valuePeriod: { start: '2020-01-01' } },
        { name: 'includeNumberOfMostRecent', valuePositiveInt: 3 }
      ]
    })
    expect(refusalIn(response.json()).code).toBe('INVALID_RESOURCE')
  })
})

interface Resource {
  resourceType: string
  id?: string
  status?: string
  intent?: string
  clinicalStatus?: string
  notGiven?: boolean
  effectiveDateTime?: string
  occurrenceDateTime?: string
  code?: { coding?: { code?: string; display?: string }[] }
  entry?: { item: { reference: string } }[]
  issue?: { diagnostics?: string }[]
  period?: { start: string }
}

async function answered(...parameters: object[]): Promise<Resource[]> {
  const response = await withParameters(...parameters)
  expect(response.statusCode).toBe(200)
  return response.json<{ entry: { resource: Resource }[] }>().entry.map(({ resource }) => resource)
}

const ofType = (resources: readonly Resource[], type: string) =>
  resources.filter(({ resourceType }) => resourceType === type)
const listed = (resources: readonly Resource[], code: string) =>
  ofType(resources, 'List').find((list) => list.code?.coding?.[0]?.code === code)
const itemsOf = (resources: readonly Resource[], code: string) => {
  const names = listed(resources, code)?.entry?.map(({ item }) => item.reference) ?? []
  return names.map(
    (name) => resources.find(({ resourceType, id }) => `${resourceType}/${id}` === name) as Resource
  )
}

describe('a parameter is heeded', () => {
  test('for no section at all: the person and the practice', async () => {
    const types = new Set((await answered()).map(({ resourceType }) => resourceType))
    expect(types).toEqual(
      new Set(['Patient', 'Organization', 'Location', 'Practitioner', 'PractitionerRole'])
    )
  })

  test('for allergies without the ended ones', async () => {
    const without = await answered(
      part('includeAllergies', 'includeResolvedAllergies', { valueBoolean: false })
    )
    expect(listed(without, '886921000000105')).toBeDefined()
    expect(listed(without, '1103671000000101')).toBeUndefined()
    expect(listed(await answered(resolved), '1103671000000101')).toBeDefined()
  })

  test('for medicines without each issue', async () => {
    const without = await answered(
      part('includeMedication', 'includePrescriptionIssues', { valueBoolean: false })
    )
    const intents = (resources: readonly Resource[]) =>
      new Set(ofType(resources, 'MedicationRequest').map(({ intent }) => intent))
    expect(intents(without)).toEqual(new Set(['plan']))
    expect(intents(await answered({ name: 'includeMedication' }))).toEqual(new Set(['plan', 'order']))
  })

  test('for medicines active since a day', async () => {
    const all = ofType(await answered({ name: 'includeMedication' }), 'MedicationStatement')
    const recent = ofType(await answered(since(day(-30))), 'MedicationStatement')
    expect(recent.length).toBeGreaterThan(0)
    expect(recent.length).toBeLessThan(all.length)
  })

  test('for the latest consultations', async () => {
    const all = itemsOf(await answered(consultations), '1149501000000101')
    const two = itemsOf(
      await answered(part('includeConsultations', 'includeNumberOfMostRecent', { valuePositiveInt: 2 })),
      '1149501000000101'
    )
    const starts = all.map(({ period: visited }) => visited?.start.slice(0, 10) ?? '').toSorted()
    expect(two.map(({ period: visited }) => visited?.start.slice(0, 10))).toEqual(
      starts.toReversed().slice(0, 2)
    )
  })

  test('for uncategorised data of a period', async () => {
    const within = itemsOf(
      await answered(period({ start: '2018-01-01', end: '2021-12-31' })),
      '826501000000100'
    )
    expect(within.length).toBeGreaterThan(0)
    for (const { effectiveDateTime = '' } of within) {
      expect(effectiveDateTime.slice(0, 4)).toMatch(/^20(18|19|20|21)$/)
    }
  })

  test('for problems of one status, and of both', async () => {
    const status = (valueCode: string) => part('includeProblems', 'filterStatus', { valueCode })
    const statuses = async (...parameters: object[]) =>
      new Set(
        itemsOf(await answered(...parameters), '717711000000103').map(({ clinicalStatus }) => clinicalStatus)
      )
    expect(await statuses(status('active'))).toEqual(new Set(['active']))
    expect(await statuses(status('active'), status('inactive'))).toEqual(await statuses(problems))
  })

  test('for immunisations, of which those not given have to be asked for', async () => {
    const all = await answered(part('includeImmunisations', 'includeNotGiven', { valueBoolean: true }))
    const given = await answered({ name: 'includeImmunisations' })
    expect(ofType(given, 'Immunization').every(({ notGiven }) => notGiven === false)).toBe(true)
    expect(ofType(given, 'Immunization').length).toBeLessThanOrEqual(ofType(all, 'Immunization').length)
  })

  test('for a diary up to a day', async () => {
    const soon = itemsOf(
      await answered(part('includeDiaryEntries', 'diaryEntriesSearchDate', { valueDate: day(100) })),
      '714311000000108'
    )
    expect(soon.every(({ occurrenceDateTime = '' }) => occurrenceDateTime <= day(100))).toBe(true)
  })

  test('that nobody knows by a warning, beside what is known', async () => {
    const resources = await answered(
      { name: 'includeHoroscope' },
      part('includeProblems', 'filterSignificance', { valueCode: 'major' })
    )
    expect(ofType(resources, 'OperationOutcome')).toMatchObject([
      {
        issue: [
          { severity: 'warning', code: 'not-supported', diagnostics: 'includeHoroscope' },
          { diagnostics: 'includeProblems.filterSignificance' }
        ]
      }
    ])
    expect(ofType(resources, 'Condition').length).toBeGreaterThan(0)
  })
})
