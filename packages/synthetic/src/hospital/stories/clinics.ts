import { applied, type Chart, encounter, type Story } from '../chart.ts'
import { components, segment } from '../hl7-text.ts'
import codes from '../hospital-codes.json' with { type: 'json' }
import type { ExpectedItem } from '../hospital-message.ts'
import { pid } from '../person-segments.ts'
import { doctor, pv1, type TreatmentFunction, type Visit } from '../visit-segments.ts'
import { discharge, startStay, who } from './stays.ts'

function attend(chart: Chart, { code, clinic }: TreatmentFunction, start: number): Visit {
  const { admissionMethod: _none, ...stay } = startStay(chart, start)
  return { ...stay, patientClass: 'O', location: [clinic], service: code }
}

/** Seen in a clinic. */
export const outpatient: Story = (chart) => {
  const start = chart.random.integer(540, 960)
  const visit = attend(chart, chart.treatmentFunction, start)
  return [
    chart.message({
      event: 'ADT^A04',
      recorded: start,
      segments: who(chart, visit),
      expects: applied(encounter(visit.number, 'arrived', { contains: visit.location[0] }))
    }),
    discharge(chart, visit, start + 30)
  ]
}

/** Seen in a clinic of which the record is to know nothing: the messages are refused and their bytes purged. */
export const gumClinic: Story = (chart) => {
  const start = chart.random.integer(540, 960)
  const visit = attend(chart, codes.refusedTreatmentFunction, start)
  const expects = {
    effect: 'refused',
    reason: 'denied',
    items: [{ resourceType: 'Encounter', key: visit.number, shown: false }]
  } as const
  return [
    chart.message({ event: 'ADT^A04', recorded: start, segments: who(chart, visit), expects }),
    { ...discharge(chart, visit, start + 20), expectation: expects }
  ]
}

interface Booking {
  readonly placer: string
  readonly filler: string
  /** Minutes from the midnight before the day. */
  readonly start: number
  readonly status: string
}

/** @see HL7 v2.5.1, chapter 10.6 */
function schedule(chart: Chart, { placer, filler, start, status }: Booking): readonly string[] {
  const { trust, patient, treatmentFunction, consultant } = chart
  const timing = components('', '', '', chart.at(start), chart.at(start + 20))
  const clinic = components(trust.odsCode, treatmentFunction.clinic, '', trust.site)
  return [
    segment('SCH', {
      1: placer,
      2: filler,
      6: components(status === 'Booked' ? 'NEW' : status.toUpperCase(), status),
      7: components('FU', 'Follow up'),
      9: '20',
      10: 'min',
      11: timing,
      25: status
    }),
    pid(trust, patient),
    pv1(trust, {
      number: placer,
      patientClass: 'O',
      location: [treatmentFunction.clinic],
      consultant,
      service: treatmentFunction.code
    }),
    segment('RGS', { 1: '1', 2: 'A' }),
    segment('AIL', { 1: '1', 2: 'A', 3: clinic, 6: chart.at(start), 9: '20', 10: 'min' }),
    segment('AIP', { 1: '1', 2: 'A', 3: doctor(consultant), 6: chart.at(start), 9: '20', 10: 'min' })
  ]
}

function booking(chart: Chart): Booking {
  const start = chart.random.integer(7, 28) * 1_440 + 540 + 20 * chart.random.integer(0, 20)
  return { placer: chart.serial('P'), filler: chart.serial('A'), start, status: 'Booked' }
}

const appointmentItem = ({ filler }: Booking, status: string): ExpectedItem => ({
  resourceType: 'Appointment',
  key: filler,
  shown: true,
  status
})

/** Booked, and put off by a week. */
export const appointment: Story = (chart) => {
  const recorded = chart.random.integer(500, 900)
  const booked = booking(chart)
  const later = { ...booked, start: booked.start + 7 * 1_440 }
  return [
    chart.message({
      event: 'SIU^S12',
      recorded,
      segments: schedule(chart, booked),
      expects: applied(appointmentItem(booked, 'booked'))
    }),
    chart.message({
      event: 'SIU^S13',
      recorded: recorded + 60,
      segments: schedule(chart, later),
      expects: applied(appointmentItem(booked, 'booked'))
    })
  ]
}

/** Booked, and called off. */
export const cancelledAppointment: Story = (chart) => {
  const recorded = chart.random.integer(500, 900)
  const booked = booking(chart)
  return [
    chart.message({
      event: 'SIU^S12',
      recorded,
      segments: schedule(chart, booked),
      expects: applied(appointmentItem(booked, 'booked'))
    }),
    chart.message({
      event: 'SIU^S15',
      recorded: recorded + 90,
      segments: schedule(chart, { ...booked, status: 'Cancelled' }),
      expects: applied(appointmentItem(booked, 'cancelled'))
    })
  ]
}
