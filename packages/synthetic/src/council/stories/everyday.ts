import { assessment, request, review, service } from '../care-event.ts'
import { kinds, providedBy, type Story } from './story.ts'

/** Home care for years, reviewed once a year. */
export const steadyHomeCare: Story = {
  tell(file) {
    const units = String(file.random.integer(5, 28))
    const reviewed = file.random.integer(0, 3)
    const care = service('care', kinds.homeSupport, {
      start: file.since,
      cells: {
        ...providedBy(file.random.integer(0, 1)),
        Event_Description: 'Home care, mornings and evenings',
        Planned_units_per_week: units
      }
    })
    const reviews = file
      .quarters()
      .filter(({ index }) => index % 4 === reviewed)
      .map((quarter) => review(quarter.name, 'Planned', { start: quarter.day(21), end: quarter.day(28) }))
    return [care, ...reviews]
  }
}

/** Somebody asks; is assessed; gets a service, which ends in the next quarter; it is reviewed. Every other quarter. */
export const pathway: Story = {
  tell(file) {
    const phase = file.random.integer(0, 1)
    return file
      .quarters()
      .filter(({ index }) => index % 2 === phase)
      .flatMap(({ name, day, random }) => {
        const asked = random.integer(0, 6)
        return [
          request(`${name}/request`, 'Community or other route', { start: day(asked), end: day(asked + 3) }),
          assessment(`${name}/assessment`, 'Long term assessment', {
            start: day(asked + 4),
            end: day(asked + 22)
          }),
          service(`${name}/service`, kinds.visits, {
            start: day(asked + 30),
            end: day(asked + 115),
            cells: { ...providedBy(random.integer(0, 1)), Event_Description: 'Visits after an assessment' }
          }),
          review(`${name}/review`, 'Unplanned: Other reason', {
            start: day(asked + 70),
            end: day(asked + 75)
          })
        ]
      })
  }
}

/** A thing is handed over: a service of one day. */
export const equipment: Story = {
  tell: (file) =>
    file.quarters().map(({ name, day, random }) => {
      const given = day(random.integer(2, 80))
      return service(name, kinds.equipment, {
        start: given,
        end: given,
        cells: {
          Delivery_Mechanism: 'CASSR commissioned support',
          Event_Description: random.pick([
            'Bath seat',
            'Grab rail, 45 cm',
            'Walking frame',
            'Raised toilet seat, 2"'
          ]),
          Unit_Cost: '64.00',
          Cost_Frequency_Unit_Type: 'One-off',
          Planned_units_per_week: ''
        }
      })
    })
}

/** Goes on, and nothing is reviewed. */
export const dayCare: Story = {
  tell: (file) => [
    service('day-care', kinds.dayCare, {
      start: file.since,
      cells: {
        ...providedBy(5),
        Unit_Cost: '41.75',
        Cost_Frequency_Unit_Type: 'Per session',
        Planned_units_per_week: String(file.random.integer(1, 4))
      }
    })
  ]
}
