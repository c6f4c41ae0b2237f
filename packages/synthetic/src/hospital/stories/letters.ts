import { applied, type Chart, type Story } from '../chart.ts'
import { components, escapeText, segment } from '../hl7-text.ts'
import codes from '../hospital-codes.json' with { type: 'json' }
import type { ExpectedItem } from '../hospital-message.ts'
import { pid } from '../person-segments.ts'
import { doctor, pv1 } from '../visit-segments.ts'
import { embeddedPdf } from './results.ts'
import { startStay } from './stays.ts'

type Kind = (typeof codes.letters)[number]

interface Letter {
  readonly id: string
  readonly kind: Kind
  /** Of the letter it takes the place of. */
  readonly replaces?: string
  /** HL7 table 0273: available, cancelled. */
  readonly availability: 'AV' | 'CA'
  readonly text: string
  readonly isPdf: boolean
}

/** @see HL7 v2.4, chapter 9.6 */
function segmentsOf(chart: Chart, letter: Letter, written: number): readonly string[] {
  const { trust, patient, consultant } = chart
  const content = letter.isPdf
    ? segment('OBX', {
        1: '1',
        2: 'ED',
        3: components(letter.kind.code),
        5: embeddedPdf(letter.text),
        11: 'F'
      })
    : segment('OBX', {
        1: '1',
        2: 'TX',
        3: components(letter.kind.code),
        5: escapeText(letter.text),
        11: 'F'
      })
  return [
    pid(trust, patient),
    pv1(trust, startStay(chart, written - 60)),
    segment('TXA', {
      1: '1',
      2: components(letter.kind.code, letter.kind.display),
      3: letter.isPdf ? 'AP' : 'TX',
      4: chart.at(written),
      5: doctor(consultant),
      6: chart.at(written),
      9: doctor(consultant),
      12: letter.id,
      13: letter.replaces,
      17: 'AU',
      19: letter.availability
    }),
    ...(letter.availability === 'CA' ? [] : [content])
  ]
}

const item = ({ id, kind }: Letter, status: string, shown = true): ExpectedItem => ({
  resourceType: 'DocumentReference',
  key: id,
  shown,
  status,
  contains: kind.display
})

function write(chart: Chart, isPdf: boolean): Letter {
  const kind = chart.random.pick(codes.letters)
  const text = `Dear Doctor,\n${chart.patient.given[0]} was seen by us & is well. Please repeat the blood tests | U&E.\nYours`
  return { id: chart.serial('D'), kind, availability: 'AV', text, isPdf }
}

const send = (
  chart: Chart,
  event: string,
  recorded: number,
  letter: Letter,
  items: readonly ExpectedItem[]
) =>
  chart.message({
    event,
    application: 'letters',
    recorded,
    segments: segmentsOf(chart, letter, recorded),
    expects: applied(...items)
  })

/** Half of them as a PDF. */
export const letter: Story = (chart) => {
  const written = write(chart, chart.random.chance(0.5))
  return [send(chart, 'MDM^T02', chart.random.integer(600, 1_000), written, [item(written, 'current')])]
}

/** Written anew: the former one is never current again. */
export const replacedLetter: Story = (chart) => {
  const recorded = chart.random.integer(600, 900)
  const first = write(chart, false)
  const second = {
    ...first,
    id: chart.serial('D'),
    replaces: first.id,
    text: `${first.text}\nCorrected copy`
  }
  return [
    send(chart, 'MDM^T02', recorded, first, [item(first, 'current')]),
    send(chart, 'MDM^T10', recorded + 120, second, [
      item(first, 'superseded', false),
      item(second, 'current')
    ])
  ]
}

export const cancelledLetter: Story = (chart) => {
  const recorded = chart.random.integer(600, 900)
  const written = write(chart, true)
  const withdrawn: Letter = { ...written, availability: 'CA' }
  return [
    send(chart, 'MDM^T02', recorded, written, [item(written, 'current')]),
    send(chart, 'MDM^T11', recorded + 30, withdrawn, [item(written, 'entered-in-error', false)])
  ]
}
