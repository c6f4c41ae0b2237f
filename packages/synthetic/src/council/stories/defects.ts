import type { NhsNumber } from '@chesil/fhir'
import { service } from '../care-event.ts'
import { kinds, providedBy, type Story } from './story.ts'

/** Known by the council's own number alone. */
export const withoutNhsNumber: Story = {
  about: () => ({ NHS_Number: '' }),
  tell: ({ since }) => [service('care', kinds.extraCare, { start: since, cells: providedBy(0) })]
}

/** One digit is wrong: the number fails its check, and is nobody's. */
export const wrongNhsNumber: Story = {
  about: ({ nhsNumber }) => ({ NHS_Number: mistyped(nhsNumber) }),
  doubts: ['NHS_Number'],
  tell: ({ since }) => [service('care', kinds.extraCare, { start: since, cells: providedBy(0) })]
}

/** The check digit is the only one that fits the other nine. */
const mistyped = (nhsNumber: NhsNumber): string =>
  `${nhsNumber.slice(0, 9)}${(Number(nhsNumber.slice(9)) + 1) % 10}`

/** A component that nobody lists, less than nothing planned, and a day that there was not. */
export const invalidValues: Story = {
  tell: ({ since, current }) => [
    service('component', ['Long term support: Community', 'Pet therapy (owl)'], {
      start: since,
      expects: { effect: 'doubted', doubts: ['Service_Component'] }
    }),
    service('units', kinds.extraCare, {
      start: since,
      cells: { Planned_units_per_week: '-3' },
      expects: { effect: 'doubted', doubts: ['Planned_units_per_week'] }
    }),
    service('day', kinds.meals, {
      start: since,
      cells: { Event_Start_Date: `31/02/${current.name.slice(0, 4)}` },
      expects: { effect: 'rejected', reason: 'no-start' }
    })
  ]
}

/** Of the person's rows one says nothing of whose it is. */
export const rowWithoutPerson: Story = {
  tell: ({ since }) => [
    service('anonymous', kinds.supportedLiving, {
      start: since,
      cells: { NHS_Number: '', LA_Person_Unique_Identifier: '' },
      expects: { effect: 'rejected', reason: 'no-person' }
    }),
    service('care', kinds.extraCare, { start: since })
  ]
}

/** What CSV, spreadsheets and Windows-1252 have to get through. */
export const awkwardText: Story = {
  tell: ({ since }) => [
    service('care', kinds.extraCare, {
      start: since,
      cells: {
        ...providedBy(3),
        Event_Description: '=Key safe: "1, 2" – ask for Zoë; £5 or €6\r\nRing twice, wait'
      }
    })
  ]
}
