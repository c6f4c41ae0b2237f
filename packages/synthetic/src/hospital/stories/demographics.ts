import { daysBefore } from '../../dates.ts'
import { applied, type Chart, type Story } from '../chart.ts'
import { deleted } from '../hl7-text.ts'
import type { Expectation, ExpectedItem } from '../hospital-message.ts'
import { type HospitalPatient, unknownPatient, untracedNumber } from '../hospital-patient.ts'
import { nk1, pd1, pid } from '../person-segments.ts'
import { pv1 } from '../visit-segments.ts'
import { admission, startStay } from './stays.ts'

const begin = 540

/** The same chart, of somebody else. */
export const chartOf = (chart: Chart, patient: HospitalPatient): Chart => ({
  ...chart,
  patient,
  message: (telling) => chart.message({ about: patient, ...telling })
})

const registered = ({ patientNumber }: HospitalPatient, more: Partial<ExpectedItem>): ExpectedItem => ({
  resourceType: 'Patient',
  key: patientNumber,
  shown: true,
  ...more
})

/** A new telephone number, which is then taken away. */
export const telephoneDeleted: Story = (chart) => {
  const { trust, patient } = chart
  const telephone = '07700 900123'
  return [
    chart.message({
      event: 'ADT^A31',
      recorded: begin,
      segments: [pid(trust, patient, { telephone }), ...pd1(patient), nk1(patient)],
      expects: applied(registered(patient, { contains: telephone }))
    }),
    chart.message({
      event: 'ADT^A31',
      recorded: begin + 30,
      segments: [pid(trust, patient, { telephone: deleted }), ...pd1(patient)],
      expects: applied(registered(patient, { lacks: telephone }))
    })
  ]
}

/** Registers them and admits them. */
function arrive(chart: Chart, more: { readonly charset?: 'latin1' } = {}) {
  const { trust, patient } = chart
  return [
    chart.message({
      event: 'ADT^A28',
      recorded: begin,
      segments: [pid(trust, patient), ...pd1(patient)],
      expects: applied(registered(patient, { contains: patient.family.toUpperCase() })),
      ...more
    }),
    admission(chart, startStay(chart, begin + 30), begin + 30)
  ]
}

/** Known to the trust only, by its own number. */
export const withoutNhsNumber: Story = (chart) => arrive(chartOf(chart, unknownPatient(chart.serial('n'))))

/** With an NHS number that PDS does not know. */
export const untraced: Story = (chart) => {
  const patient = unknownPatient(chart.serial('u'))
  return arrive(chartOf(chart, { ...patient, nhsNumber: untracedNumber(patient.personKey) }))
}

/** In Latin-1, as MSH-18 says. */
export const accents: Story = (chart) => {
  const patient = unknownPatient(chart.serial('a'))
  return arrive(chartOf(chart, { ...patient, family: 'Gagné', given: ['RENÉ'] }), { charset: 'latin1' })
}

/** Admits somebody under the number of the chart's person. */
function admitAs(chart: Chart, change: Partial<HospitalPatient>, expects?: Expectation) {
  const patient = { ...chart.patient, ...change }
  const visit = startStay(chart, begin)
  const told = admission(chartOf(chart, patient), visit, begin)
  return [expects ? { ...told, expectation: expects } : told]
}

const keptOut: Expectation = { effect: 'quarantined', reason: 'other-demographics', items: [] }

/** Born on the same day, of the same name, under the other one's NHS number. */
export const twin: Story = (chart) => {
  const { personKey, patientNumber } = unknownPatient(chart.serial('t'))
  const given = chart.patient.given.includes('Zebedee') ? 'Hephzibah' : 'Zebedee'
  return admitAs(chart, { personKey, patientNumber, given: [given] }, keptOut)
}

/** Another person's NHS number was typed in. */
export const mistypedNumber: Story = (chart) => {
  const other = unknownPatient(chart.serial('m'))
  return admitAs(chart, { ...other, birthDate: '1911-11-11', given: ['Zebedee'] }, keptOut)
}

/** One part of the birth date is wrong; it is the same person all the same. */
export const mistypedBirthDate: Story = (chart) => {
  const { birthDate } = chart.patient
  const near = birthDate.endsWith('-01') ? daysBefore(birthDate, -1) : daysBefore(birthDate, 1)
  return admitAs(chart, { birthDate: near })
}

/** @returns a stay under a number of which nobody knows whose it is, and that number's patient. */
export function strayStay(chart: Chart, prefix: string) {
  const { patientNumber, personKey } = unknownPatient(chart.serial(prefix))
  const { nhsNumber: _none, ...known } = chart.patient
  const stray: HospitalPatient = { ...known, patientNumber, personKey }
  const visit = startStay(chart, begin)
  const admitted = admission(chartOf(chart, stray), visit, begin)
  return { stray, visit, admitted, segments: [pid(chart.trust, stray), pv1(chart.trust, visit)] }
}
