import { applied, type Chart, encounter, type Story } from '../chart.ts'
import type { Expectation, ExpectedIdentity } from '../hospital-message.ts'
import type { HospitalPatient } from '../hospital-patient.ts'
import { mrg, pd1, pid } from '../person-segments.ts'
import { pv1 } from '../visit-segments.ts'
import { strayStay } from './demographics.ts'

const settled = 900

function says(chart: Chart, kind: ExpectedIdentity['kind'], from: HospitalPatient): Expectation {
  return { ...applied(), identity: { kind, from: from.personKey, into: chart.patient.personKey } }
}

/** Two numbers of one person become one. */
export const merge: Story = (chart) => {
  const { trust, patient } = chart
  const { stray, admitted } = strayStay(chart, 'g')
  return [
    admitted,
    chart.message({
      event: 'ADT^A40',
      recorded: settled,
      segments: [pid(trust, patient), ...pd1(patient), mrg(trust, stray)],
      expects: says(chart, 'merge', stray)
    })
  ]
}

/** Two pairs of numbers in one message, and something that is said of a number after it was merged. */
export const doubleMerge: Story = (chart) => {
  const { trust, patient } = chart
  const one = strayStay(chart, 'd')
  const two = strayStay(chart, 'e')
  const merged = chart.message({
    event: 'ADT^A40',
    recorded: settled,
    segments: [pid(trust, patient), mrg(trust, one.stray), pid(trust, patient), mrg(trust, two.stray)],
    expects: says(chart, 'merge', one.stray)
  })
  const late = chart.message({
    event: 'ADT^A08',
    recorded: settled + 20,
    about: two.stray,
    segments: two.segments,
    expects: {
      ...applied(encounter(two.visit.number, 'in-progress')),
      identity: { kind: 'merge', from: two.stray.personKey, into: patient.personKey }
    }
  })
  return [one.admitted, two.admitted, merged, late]
}

/** Two numbers are linked by mistake, and parted again. */
export const linkUndone: Story = (chart) => {
  const { trust, patient } = chart
  const { stray, visit, admitted, segments } = strayStay(chart, 'k')
  const both = [pid(trust, patient), ...segments]
  return [
    admitted,
    chart.message({
      event: 'ADT^A24',
      recorded: settled,
      segments: both,
      expects: says(chart, 'link', stray)
    }),
    chart.message({
      event: 'ADT^A37',
      recorded: settled + 60,
      segments: both,
      expects: says(chart, 'unlink', stray)
    }),
    chart.message({
      event: 'ADT^A08',
      recorded: settled + 90,
      about: stray,
      segments,
      expects: applied(encounter(visit.number, 'in-progress'))
    })
  ]
}

/** A stay was recorded under the wrong number, and is moved. */
export const movedVisit: Story = (chart) => {
  const { trust, patient } = chart
  const { stray, visit, admitted } = strayStay(chart, 'v')
  return [
    // Nothing of it is left under the number it was recorded under.
    { ...admitted, expectation: applied() },
    chart.message({
      event: 'ADT^A45',
      recorded: settled,
      segments: [pid(trust, patient), mrg(trust, stray, visit.number), pv1(trust, visit)],
      expects: applied(encounter(visit.number, 'in-progress'))
    })
  ]
}
