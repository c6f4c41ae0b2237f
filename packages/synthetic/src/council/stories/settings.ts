import { service } from '../care-event.ts'
import type { SomeCells } from '../columns.ts'
import { kinds, providedBy, type Story } from './story.ts'

/**
 * In a home. Whoever died did so there: the row of the home says the date of death, and an end on that day, or after it,
 * or none, in that and all later submissions.
 */
export const residentialCare: Story = {
  isAlone: true,
  about: () => ({
    Accommodation_Status: 'Registered care home',
    Primary_Support_Reason: 'Support with memory and cognition'
  }),
  tell: ({ since, random }) => {
    const isNursing = random.chance(0.3)
    return [
      service('home', isNursing ? kinds.nursing : kinds.residential, {
        start: since,
        cells: {
          ...providedBy(isNursing ? 4 : 2 + random.integer(0, 1)),
          Unit_Cost: isNursing ? '1104.50' : '873.00',
          Cost_Frequency_Unit_Type: 'Weekly',
          Planned_units_per_week: '1'
        }
      })
    ]
  }
}

export const directPayment: Story = {
  isAlone: true,
  tell: ({ since, random }) => [
    service('payment', kinds.homeSupport, {
      start: since,
      cells: {
        Delivery_Mechanism: 'Direct payment',
        Event_Description: 'Employs a personal assistant',
        Unit_Cost: `${random.integer(90, 400)}.00`,
        Cost_Frequency_Unit_Type: '4-weekly',
        Planned_units_per_week: '0.25'
      }
    })
  ]
}

export const prison: Story = {
  isAlone: true,
  about: () => ({
    Accommodation_Status: 'Prison, young offenders institution or detention centre',
    Postcode: '',
    Has_Unpaid_Carer: 'No'
  }),
  tell: ({ since }) => [
    service('prison', kinds.prison, {
      start: since,
      cells: { Delivery_Mechanism: 'CASSR commissioned support', Planned_units_per_week: '3' }
    })
  ]
}

export const asylumSeeker: Story = {
  about: () => ({
    Primary_Support_Reason: 'Social support: Asylum seeker support',
    Accommodation_Status: 'Placed in temporary accommodation by the council (inc. homelessness resettlement)'
  }),
  tell: ({ since }) => [service('support', kinds.supportedLiving, { start: since, cells: providedBy(1) })]
}

export const substanceMisuse: Story = {
  about: () => ({ Primary_Support_Reason: 'Social support: Substance misuse support' }),
  tell: ({ since }) => [service('support', kinds.supportedLiving, { start: since, cells: providedBy(0) })]
}

/** A need that stands in a column of its own. */
const need = (about: SomeCells): Story => ({
  about: () => about,
  tell: ({ since }) => [service('support', kinds.extraCare, { start: since, cells: providedBy(3) })]
})

export const autism = need({
  Autism_Spectrum_Disorder_ASD: 'Yes',
  Primary_Support_Reason: 'Learning disability support'
})
export const visualImpairment = need({
  Visual_Impairment: 'Blind/severely sight impaired',
  Primary_Support_Reason: 'Sensory support: Support for visual impairment'
})
export const hearingImpairment = need({
  Hearing_Impairment: 'Deaf with speech',
  Primary_Support_Reason: 'Sensory support: Support for hearing impairment'
})
export const dementia = need({
  Dementia: 'Yes',
  Primary_Support_Reason: 'Support with memory and cognition'
})
