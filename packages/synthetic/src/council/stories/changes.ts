import { assessment, request, review, service } from '../care-event.ts'
import { kinds, providedBy, type Story } from './story.ts'

const missing = { effect: 'taken', later: 'missing' } as const
const corrected = { effect: 'taken', later: 'corrected' } as const

/** In each quarter a service begins which the next quarter's submission does not name, and nobody said that it ended. */
export const cropped: Story = {
  tell: (file) =>
    file
      .quarters()
      .filter(({ isOver }) => !isOver)
      .map(({ name, day, random }) =>
        service(name, kinds.meals, { start: day(random.integer(3, 24)), expects: missing })
      )
}

/** In one quarter it is named, in the next it is not, and so on: the extract misses it. */
export const reappearing: Story = {
  tell: (file) => {
    const phase = file.random.integer(0, 1)
    const care = service('care', kinds.extraCare, {
      start: file.since,
      cells: providedBy(1),
      expects: { effect: 'taken', later: 'returns' }
    })
    return file.current.index % 2 === phase ? [care] : []
  }
}

/** Each quarter another number of hours is planned, of the same service. */
export const correctedUnits: Story = {
  tell: ({ since, current }) => [
    service('care', kinds.supportedLiving, {
      start: since,
      cells: { ...providedBy(0), Planned_units_per_week: String(7 + (current.index % 3) * 3.5) },
      expects: corrected
    })
  ]
}

/** In its own quarter it is said to have ended; from the next on, that it went on into that. */
export const correctedEnd: Story = {
  tell: (file) =>
    file.quarters().map(({ name, day, isOver }) =>
      service(name, kinds.shortStay, {
        start: day(9),
        end: isOver ? day(112) : day(40),
        cells: providedBy(2),
        ...(!isOver && { expects: corrected })
      })
    )
}

/** The first submission of a period lacks a service and has an assessment wrong; the second one is right. */
export const resent: Story = {
  tell: (file) =>
    file.quarters().flatMap(({ name, day, isOver }) => {
      const isRight = isOver || file.sending > 1
      const assessed = assessment(`${name}/assessment`, 'Short term assessment', {
        start: day(2),
        end: isRight ? day(20) : day(19),
        ...(!isRight && { cells: { Event_Outcome: 'NFA: Support declined' }, expects: corrected })
      })
      const care = service(`${name}/service`, kinds.visits, {
        start: day(24),
        end: day(100),
        cells: providedBy(1)
      })
      return isRight ? [assessed, care] : [assessed]
    })
}

/** Six weeks to get used to home again after hospital: the end is planned from the beginning. */
export const reablement: Story = {
  tell: (file) =>
    file.quarters().flatMap(({ name, day, random }) => {
      const home = random.integer(2, 75)
      return [
        request(`${name}/request`, 'Discharge from hospital', {
          start: day(home - 2),
          end: day(home - 1),
          cells: { Event_Outcome: 'Progress to reablement/ST-Max' }
        }),
        service(`${name}/reablement`, kinds.reablement, {
          start: day(home),
          end: day(home + 42),
          planned: true,
          cells: {
            Provider_CQC_Location_Name: `${file.council.name}, reablement team`,
            Delivery_Mechanism: 'CASSR commissioned support',
            Planned_units_per_week: '10.5'
          }
        }),
        review(`${name}/review`, 'Review of short term support', {
          start: day(home + 40),
          end: day(home + 42),
          cells: { Event_Outcome: 'NFA: Support ended as planned' }
        })
      ]
    })
}

/** Two staff at a time, of two agencies, are two rows of one service: alike in all by which it is known, and in nothing else. */
export const doubleUp: Story = {
  isAlone: true,
  tell: ({ since }) =>
    [
      ['First of two staff', '14'],
      ['Second of two staff', '7']
    ].map(([description = '', units = ''], place) =>
      service('care', kinds.homeSupport, {
        start: since,
        cells: { ...providedBy(place), Event_Description: description, Planned_units_per_week: units }
      })
    )
}
