import { applied, encounter, type Story } from '../chart.ts'
import { admission, discharge, elsewhere, startStay, transfer, who } from './stays.ts'

const begin = 480

/** Never happened: the admission is taken back. */
export const cancelledAdmission: Story = (chart) => {
  const visit = startStay(chart, begin)
  return [
    admission(chart, visit, begin),
    chart.message({
      event: 'ADT^A11',
      recorded: begin + 30,
      segments: who(chart, visit),
      expects: applied(encounter(visit.number, 'cancelled'))
    })
  ]
}

/** The transfer is taken back: still on the first ward. */
export const cancelledTransfer: Story = (chart) => {
  const visit = startStay(chart, begin)
  const moved = elsewhere(chart, visit)
  return [
    admission(chart, visit, begin),
    transfer(chart, moved, begin + 60),
    chart.message({
      event: 'ADT^A12',
      recorded: begin + 75,
      segments: who(chart, visit),
      expects: applied(encounter(visit.number, 'in-progress', { contains: visit.location[0] }))
    })
  ]
}

/** The discharge is taken back: still in hospital. */
export const cancelledDischarge: Story = (chart) => {
  const visit = startStay(chart, begin)
  return [
    admission(chart, visit, begin),
    discharge(chart, visit, begin + 300),
    chart.message({
      event: 'ADT^A13',
      recorded: begin + 330,
      segments: who(chart, visit),
      expects: applied(encounter(visit.number, 'in-progress'))
    })
  ]
}

/** The transfer is sent hours after the discharge; the stay is over all the same. */
export const lateTransfer: Story = (chart) => {
  const visit = startStay(chart, begin)
  const moved = elsewhere(chart, visit)
  return [
    admission(chart, visit, begin),
    transfer(chart, moved, begin + 90, begin + 600),
    discharge(chart, moved, begin + 240)
  ]
}

/** The update overtakes the admission that it updates. */
export const updateFirst: Story = (chart) => {
  const visit = startStay(chart, begin)
  return [
    { ...admission(chart, visit, begin), sentAt: chart.at(begin + 40) },
    chart.message({
      event: 'ADT^A08',
      recorded: begin + 10,
      segments: who(chart, { ...visit, location: [visit.location[0], 'SIDE-1'] }),
      expects: applied(encounter(visit.number, 'in-progress', { contains: 'SIDE-1' }))
    })
  ]
}

/** Sent three times, as after a broken connection. */
export const repeatedAdmission: Story = (chart) => {
  const first = admission(chart, startStay(chart, begin), begin)
  const again = (name: string, minutes: number) => ({
    ...first,
    name: `${first.name}-${name}`,
    sentAt: chart.at(minutes),
    expectation: { effect: 'repeated', items: [] } as const
  })
  return [first, again('again', begin + 5), again('late', begin + 400)]
}

/** Two admissions under one control id: the sender counts wrongly. */
export const reusedControlId: Story = (chart) => {
  const first = admission(chart, startStay(chart, begin), begin)
  const other = startStay(chart, begin + 60)
  const second = chart.message({
    event: 'ADT^A01',
    recorded: begin + 61,
    controlId: first.controlId,
    segments: who(chart, other),
    expects: { effect: 'conflicting', items: [encounter(other.number, 'in-progress')] }
  })
  return [first, second]
}

/** A trigger that nobody maps. */
export const unhandledTrigger: Story = (chart) => [
  chart.message({
    event: 'ADT^A16',
    recorded: begin + 30,
    segments: who(chart, startStay(chart, begin)),
    expects: { effect: 'unprocessed', reason: 'unprocessed-message', items: [] }
  })
]
