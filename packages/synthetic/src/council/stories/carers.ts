import { assessment, service } from '../care-event.ts'
import { kinds, type Story } from './story.ts'

const aboutCarer = {
  Primary_Support_Reason: 'Social support: Support to unpaid carer',
  Autism_Spectrum_Disorder_ASD: '',
  Visual_Impairment: '',
  Hearing_Impairment: '',
  Dementia: '',
  Client_Funding_Status: ''
}

const caring = (relatives: readonly string[]) => ({
  Total_Hrs_Caring_per_week: '35',
  No_of_adults_being_cared_for: String(relatives.length),
  Adult_1_Linked_Person_ID: relatives[0] ?? '',
  Adult_2_Linked_Person_ID: relatives[1] ?? ''
})

/** Looks after two others, whom the council knows by its own numbers; gets respite. Assessed every other quarter. */
export const carer: Story = {
  isAlone: true,
  about: () => ({ ...aboutCarer, Client_Type: 'Unpaid carer' }),
  tell: (file) => {
    const phase = file.random.integer(0, 1)
    const cells = caring(file.relatives)
    const assessments = file
      .quarters()
      .filter(({ index }) => index % 2 === phase)
      .map(({ name, day }) =>
        assessment(name, 'Unpaid carer assessment', { start: day(11), end: day(33), cells })
      )
    const respite = service('respite', kinds.respite, {
      start: file.since,
      cells: { ...cells, Cost_Frequency_Unit_Type: 'Per session', Planned_units_per_week: '1' }
    })
    return [respite, ...assessments]
  }
}

/** Known because of whom they look after: a row about the person, without any event. */
export const carerByAssociation: Story = {
  isAlone: true,
  about: () => ({ ...aboutCarer, Client_Type: 'Unpaid carer known by association' }),
  tell: ({ since, relatives }) => [
    {
      id: 'association',
      type: 'Service',
      start: since,
      cells: { ...caring(relatives.slice(0, 1)), Event_Type: '', Event_Start_Date: '', Event_Outcome: '' },
      expects: { effect: 'rejected', reason: 'no-event-type' }
    }
  ]
}
