import { applied, type Chart, type Story } from '../chart.ts'
import { components, escapeText, type Field, segment } from '../hl7-text.ts'
import codes from '../hospital-codes.json' with { type: 'json' }
import type { ExpectedItem } from '../hospital-message.ts'
import { pdfOf, toBase64 } from '../pdf.ts'
import { pid } from '../person-segments.ts'
import { doctor } from '../visit-segments.ts'

/** HL7 table 0085: preliminary, final, corrected, wrong. */
type ResultStatus = 'P' | 'F' | 'C' | 'W'

const reportStatuses = { P: 'preliminary', F: 'final', C: 'corrected', W: 'entered-in-error' } as const

interface Order {
  readonly placer: string
  readonly filler: string
  readonly code: string
  readonly display: string
  /** When the specimen was taken. */
  readonly taken: number
}

function order(chart: Chart, test: { readonly code: string; readonly display: string }): Order {
  const taken = chart.random.integer(420, 900)
  return { ...test, placer: chart.serial('R'), filler: chart.serial('L'), taken }
}

/** @see HL7 v2.5.1, chapter 7.4 */
function report(
  chart: Chart,
  { placer, filler, code, display, taken }: Order,
  { status, reported, results }: { status: ResultStatus; reported: number; results: readonly string[] }
): readonly string[] {
  const { trust, patient, consultant } = chart
  return [
    pid(trust, patient, { sex: 'hl7' }),
    segment('ORC', { 1: 'RE', 2: placer, 3: filler, 5: 'CM', 12: doctor(consultant) }),
    segment('OBR', {
      1: '1',
      2: placer,
      3: filler,
      4: components(code, display, 'WINPATH'),
      7: chart.at(taken),
      14: chart.at(taken + 20),
      15: components('BLD', 'Blood'),
      16: doctor(consultant),
      22: chart.at(reported),
      25: status
    }),
    ...results
  ]
}

type Analyte = (typeof codes.bloodCount.results)[number]

function measure(chart: Chart, analyte: Analyte): number {
  const { low, high } = analyte
  const spread = (high - low) * 0.3
  return low - spread + chart.random.fraction() * (high - low + 2 * spread)
}

function obx(index: number, analyte: Analyte, value: number, status: ResultStatus): string {
  const { code, display, sct, unit, low, high, digits } = analyte
  const shown = value.toFixed(digits)
  const flag = Number(shown) < low ? 'L' : Number(shown) > high ? 'H' : 'N'
  return segment('OBX', {
    1: String(index + 1),
    2: 'NM',
    3: components(code, display, 'WINPATH', sct, display, 'SCT'),
    5: shown,
    6: components(unit, unit, 'UCUM'),
    7: `${low}-${high}`,
    8: flag,
    11: status
  })
}

const reportItem = ({ filler, display }: Order, status: ResultStatus): ExpectedItem => ({
  resourceType: 'DiagnosticReport',
  key: filler,
  shown: status !== 'W',
  status: reportStatuses[status],
  contains: display
})

/** What the laboratory says, one after the other, of one specimen. */
function told(test: typeof codes.bloodCount, statuses: readonly ResultStatus[]): Story {
  return (chart) => {
    const ordered = order(chart, { code: test.code, display: test.display })
    const values = test.results.map((analyte) => measure(chart, analyte))
    return statuses.map((status, index) => {
      const reported = ordered.taken + 60 + index * 75
      const results = test.results.map((analyte, at) => {
        const value = (values[at] ?? 0) * (status === 'C' && at === 0 ? 1.1 : 1)
        return obx(at, analyte, value, status)
      })
      return chart.message({
        event: 'ORU^R01',
        application: 'laboratory',
        recorded: reported,
        segments: report(chart, ordered, { status, reported, results }),
        expects: applied(reportItem(ordered, status))
      })
    })
  }
}

export const bloodCount = told(codes.bloodCount, ['F'])
export const chemistry = told(codes.chemistry, ['P', 'F'])
export const correctedResult = told(codes.bloodCount, ['F', 'C'])
/** Reported for the wrong person, and withdrawn as such. */
export const wrongPatientResult = told(codes.chemistry, ['F', 'W'])

const obxText = (index: number, line: string): string =>
  segment('OBX', {
    1: String(index + 1),
    2: 'TX',
    3: components('', `Report Line ${index + 1}`),
    5: escapeText(line),
    11: 'F'
  })

/** One report in many lines, with characters that HL7 has other uses for. */
export const textReport: Story = (chart) => {
  const ordered = order(chart, { code: 'UMCS', display: 'Urine MC&S' })
  const lines = [
    'Specimen received: mid-stream urine',
    '',
    'White cell count 10-99 x10^6/L',
    'Red cell count >=100 x10^6/L | by microscopy',
    'Culture: Escherichia coli ~ 10^8 cfu/L',
    'Sensitive to trimethoprim & nitrofurantoin\nResistant to amoxicillin'
  ]
  const reported = ordered.taken + 180
  return [
    chart.message({
      event: 'ORU^R01',
      application: 'laboratory',
      recorded: reported,
      segments: report(chart, ordered, {
        status: 'F',
        reported,
        results: lines.map((line, at) => obxText(at, line))
      }),
      expects: applied(reportItem(ordered, 'F'), {
        resourceType: 'Observation',
        key: ordered.filler,
        shown: true,
        contains: 'Sensitive to trimethoprim & nitrofurantoin'
      })
    })
  ]
}

/** A file in a message: one field of base64. */
export const embeddedPdf = (text: string): Field =>
  ['', 'application', 'pdf', 'Base64', toBase64(pdfOf(text))].join('^')

/** A report that comes as a PDF. */
export const pdfReport: Story = (chart) => {
  const ordered = order(chart, { code: 'ECHO', display: 'Echocardiogram' })
  const reported = ordered.taken + 120
  const file = segment('OBX', {
    1: '1',
    2: 'ED',
    3: components('ECHOPDF', 'Echocardiogram report', 'WINPATH'),
    5: embeddedPdf(`Echocardiogram ${ordered.filler}`),
    11: 'F'
  })
  return [
    chart.message({
      event: 'ORU^R01',
      application: 'laboratory',
      recorded: reported,
      segments: report(chart, ordered, { status: 'F', reported, results: [file] }),
      expects: applied(reportItem(ordered, 'F'))
    })
  ]
}
