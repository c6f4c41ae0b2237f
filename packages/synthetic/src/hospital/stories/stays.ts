import { applied, type Chart, encounter, type Story } from '../chart.ts'
import codes from '../hospital-codes.json' with { type: 'json' }
import type { ExpectedItem } from '../hospital-message.ts'
import { nk1, pd1, pid } from '../person-segments.ts'
import { al1, dg1, pr1, pv1, pv2, type Visit } from '../visit-segments.ts'

/** A stay that begins at that minute, in a bed of some ward. */
export function startStay(chart: Chart, start: number): Visit {
  const { random, consultant, treatmentFunction } = chart
  return {
    number: chart.serial('V'),
    patientClass: 'I',
    location: [random.pick(codes.wards), `BAY${random.integer(1, 6)}-${random.integer(1, 6)}`],
    consultant,
    service: treatmentFunction.code,
    admissionMethod: '21',
    admittedAt: chart.at(start)
  }
}

/** PID, PD1 and PV1, which most messages of a stay have. */
export const who = ({ trust, patient }: Chart, visit: Visit): readonly string[] => [
  pid(trust, patient),
  ...pd1(patient),
  pv1(trust, visit)
]

export const elsewhere = (chart: Chart, visit: Visit): Visit => {
  const others = codes.wards.filter((ward) => ward !== visit.location[0])
  return { ...visit, location: [chart.random.pick(others), 'BED1'], priorLocation: visit.location }
}

export const admission = (chart: Chart, visit: Visit, start: number) =>
  chart.message({
    event: 'ADT^A01',
    recorded: start + 2,
    occurred: start,
    segments: who(chart, visit),
    expects: applied(encounter(visit.number, 'in-progress', { contains: visit.location[0] }))
  })

/** @param sent When it is later than recorded. */
export const transfer = (chart: Chart, moved: Visit, recorded: number, sent = recorded) =>
  chart.message({
    event: 'ADT^A02',
    recorded,
    sent,
    segments: who(chart, moved),
    expects: applied(encounter(moved.number, 'in-progress', { contains: moved.location[0] }))
  })

export const discharge = (chart: Chart, visit: Visit, end: number) =>
  chart.message({
    event: 'ADT^A03',
    recorded: end + 3,
    occurred: end,
    segments: who(chart, { ...visit, dischargedAt: chart.at(end) }),
    expects: applied(encounter(visit.number, 'finished'))
  })

/** Admitted with an allergy and a diagnosis, operated on, moved to another ward, and more often than not discharged. */
export const inpatient: Story = (chart) => {
  const { trust, patient, random, consultant } = chart
  const start = random.integer(360, 660)
  const visit = startStay(chart, start)
  const allergy = random.pick(codes.allergies)
  const diagnosis = random.pick(codes.diagnoses)
  const procedure = random.pick(codes.procedures)
  const moved = elsewhere(chart, visit)
  const allergyItem: ExpectedItem = {
    resourceType: 'AllergyIntolerance',
    key: allergy.code,
    shown: true,
    contains: allergy.display
  }
  const person = [pid(trust, patient), ...pd1(patient)]
  const told = [
    chart.message({
      event: 'ADT^A01',
      recorded: start + 2,
      occurred: start,
      segments: [
        ...person,
        nk1(patient),
        pv1(trust, visit),
        pv2('Admitted through the emergency department'),
        al1(allergy, '20110407')
      ],
      expects: applied(encounter(visit.number, 'in-progress', { contains: visit.location[0] }), allergyItem)
    }),
    chart.message({
      event: 'ADT^A08',
      recorded: start + 45,
      segments: [
        ...person,
        pv1(trust, visit),
        dg1(diagnosis, chart.at(start + 30), consultant),
        pr1(procedure, chart.at(start + 40), consultant)
      ],
      expects: applied(
        encounter(visit.number, 'in-progress'),
        { resourceType: 'Condition', key: diagnosis.code, shown: true, contains: diagnosis.display },
        { resourceType: 'Procedure', key: procedure.code, shown: true, contains: procedure.display }
      )
    }),
    transfer(chart, moved, start + 130)
  ]
  return random.chance(0.6) ? [...told, discharge(chart, moved, start + random.integer(240, 600))] : told
}

/** Comes to the emergency department and goes home. */
export const emergency: Story = (chart) => {
  const start = chart.random.integer(30, 1_100)
  const { admissionMethod: _none, ...stay } = startStay(chart, start)
  const visit: Visit = { ...stay, patientClass: 'E', location: ['ED', 'MAJORS-2'], service: '180' }
  return [
    chart.message({
      event: 'ADT^A04',
      recorded: start,
      segments: [...who(chart, visit), pv2('Fell off a ladder')],
      expects: applied(encounter(visit.number, 'arrived', { contains: 'ED' }))
    }),
    chart.message({
      event: 'ADT^A08',
      recorded: start + 60,
      segments: [
        ...who(chart, visit),
        dg1(chart.random.pick(codes.diagnoses), chart.at(start + 55), visit.consultant)
      ],
      expects: applied(encounter(visit.number, 'arrived'))
    }),
    discharge(chart, visit, start + chart.random.integer(90, 230))
  ]
}

/** Expected next week. */
export const preAdmission: Story = (chart) => {
  const recorded = chart.random.integer(540, 1_000)
  const { admittedAt: _none, ...stay } = startStay(chart, recorded)
  const visit: Visit = { ...stay, patientClass: 'P', admissionMethod: '11' }
  const expectedAt = chart.at(recorded + 7 * 1_440)
  return [
    chart.message({
      event: 'ADT^A05',
      recorded,
      segments: [...who(chart, visit), pv2('Elective', expectedAt)],
      expects: applied(encounter(visit.number, 'planned'))
    })
  ]
}
