import { describe, expect, test } from 'vitest'
import { ada, current, currentItems, idOf, isDegraded, quarantinedIn, received } from './received.ts'

const obr =
  'OBR|1|P1|F1^LAB|FBC^Full blood count^L|||202611010800|||||||||C1234567^Hill^Sam^^^Dr||||||202611010930||HM|F'
const hb = (value: string, status: string) =>
  `OBX|1|NM|718-7^Haemoglobin^LN||${value}|g/L|130-180||||${status}`
const wbc = 'OBX|2|NM|6690-2^White cells^LN||6.1|10*9/L|4.0-11.0|N|||F'
const oru = (minute: number, ...segments: string[]) => received('ORU^R01', minute, ada, ...segments)

const reportName = 'DiagnosticReport/report/F1^LAB/FBC'
const haemoglobin = 'Observation/result/F1^LAB/FBC/718-7/'

describe('a report', () => {
  const report = current('DiagnosticReport', oru(1, obr, hb('140', 'F'), wbc))

  test('is one per OBR, named by the laboratory’s number and the service', () => {
    const second =
      'OBR|2|P2|F2^LAB|UE^Urea and electrolytes^L|||202611010800|||||||||||||||202611010930||CH|F'
    const names = [
      ...currentItems(oru(1, obr, wbc, second, 'OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|||||F')).keys()
    ]
    expect(names.filter((name) => name.startsWith('DiagnosticReport'))).toEqual([
      reportName,
      'DiagnosticReport/report/F2^LAB/UE'
    ])
  })

  test('names its results in the order of the message', () => {
    expect(report['result']).toEqual(
      ['718-7', '6690-2'].map((code) => ({
        reference: `Observation/${idOf('Observation', `result/F1^LAB/FBC/${code}/`)}`
      }))
    )
  })

  test('says when, what kind, who asked and under which numbers', () => {
    expect(report).toMatchObject({
      status: 'final',
      effectiveDateTime: '2026-11-01T08:00:00+00:00',
      issued: '2026-11-01T09:30:00+00:00',
      category: [{ coding: [{ code: 'HM' }] }],
      identifier: [{ value: 'F1' }],
      basedOn: [{ identifier: { value: 'P1' }, display: 'Requested by Dr Sam Hill' }]
    })
  })

  test('keeps the laboratory’s remarks as UK Core has notes of reports', () => {
    const { extension } = current(
      'DiagnosticReport',
      oru(1, obr, 'NTE|1||Haemolysed', 'NTE|2||Please repeat', wbc)
    )
    expect(extension).toEqual([
      {
        url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note',
        valueAnnotation: { text: 'Haemolysed\nPlease repeat' }
      }
    ])
  })

  test('of two services under one number is two', () => {
    const other = obr.replace('FBC^Full blood count', 'ESR^Sedimentation')
    const names = [...currentItems(oru(1, obr, wbc, other, 'OBX|1|TX|||Text')).keys()]
    expect(names.filter((name) => name.startsWith('DiagnosticReport'))).toHaveLength(2)
  })

  test('that calls itself final and has a result that is not, is partial', () => {
    expect(current('DiagnosticReport', oru(1, obr, hb('140', 'P'), wbc))['status']).toBe('partial')
  })

  test('whose status nobody knows says so', () => {
    const item = current('DiagnosticReport', oru(1, obr.replace(/F$/, 'Q7'), wbc))
    expect([item['status'], isDegraded(item)]).toEqual(['unknown', true])
  })

  test('without a number is told from another person’s', () => {
    const bare = 'OBR|1|||FBC^Full blood count^L|||202611010800||||||||||||||||||F'
    const theirs = oru(1, bare, wbc).replace('12345^^^PAS', '54321^^^PAS')
    const [ours] = currentItems(oru(1, bare, wbc)).keys()
    expect([...currentItems(theirs).keys()]).not.toContain(ours)
  })

  test('whose end is taken back with a period loses neither validity nor its start', () => {
    const period = obr.replace('202611010800|', '202611010800|202611010805')
    const item = current('DiagnosticReport', oru(1, period, wbc), oru(2, obr, wbc))
    expect([item['effectiveDateTime'], item['effectivePeriod']]).toEqual([
      '2026-11-01T08:00:00+00:00',
      undefined
    ])
  })
})

describe('a later message', () => {
  const first = oru(1, obr, hb('140', 'F'), wbc)

  test('that corrects one result leaves the others in the report', () => {
    const items = currentItems(first, oru(2, obr.replace(/F$/, 'C'), hb('104', 'C')))
    expect(items.get(reportName)?.['result']).toHaveLength(2)
    expect(items.get(reportName)?.['status']).toBe('corrected')
    expect(items.get(haemoglobin)).toMatchObject({ status: 'corrected', valueQuantity: { value: 104 } })
  })

  test.each([
    { code: 'D', quarantined: [] },
    {
      code: 'W',
      quarantined: [{ reason: 'wrong-patient', resourceType: 'Observation', expression: 'OBX-11' }]
    }
  ])('with $code withdraws the result at once, and the report does not name it', ({ code, quarantined }) => {
    const withdrawal = oru(2, obr, hb('140', code), wbc)
    const items = currentItems(first, withdrawal)
    expect(items.has(haemoglobin)).toBe(false)
    expect(items.get(reportName)?.['result']).toHaveLength(1)
    expect(quarantinedIn(withdrawal)).toMatchObject(quarantined)
    expect(quarantinedIn(withdrawal)).toHaveLength(quarantined.length)
  })

  test('with W for the report withdraws its results whatever they say', () => {
    const withdrawal = oru(2, obr.replace(/F$/, 'W'), hb('140', 'F'))
    expect([...currentItems(first, withdrawal).keys()]).toEqual(['Observation/result/F1^LAB/FBC/6690-2/'])
    expect(quarantinedIn(withdrawal).map(({ expression }) => expression)).toEqual(['OBR-25', 'OBR-25'])
  })

  test('with "" takes back what the report said', () => {
    const cleared = obr.replace('|HM|', '|""|')
    expect(current('DiagnosticReport', first, oru(2, cleared, wbc))['category']).toBeUndefined()
  })
})

test('a stay is named as ADT messages name it', () => {
  const visit = `PV1|1|I${'|'.repeat(17)}77`
  expect(current('DiagnosticReport', oru(1, visit, obr, wbc))['encounter']).toEqual({
    reference: `Encounter/${idOf('Encounter', 'visit/77')}`
  })
})

test('a message without any result is told as not processed', () => {
  expect(quarantinedIn(oru(1))).toMatchObject([
    { reason: 'unprocessed-message', sections: ['investigations'] }
  ])
})
