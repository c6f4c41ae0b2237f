import type { ContributionEntry } from '@chesil/contracts'
import { type Organization, type Reference, systems } from '@chesil/fhir'
import { type Called, type Making, organizationReference, toItem } from './item.ts'

const called: Called = ['council']

export const councilReference = (making: Making): Reference<Organization> =>
  organizationReference(called, making.context.source.name, making)

export function toCouncil(making: Making): ContributionEntry {
  const { odsCode, name } = making.context.source
  return toItem<Organization>(
    {
      resourceType: 'Organization',
      identifier: [{ system: systems.odsOrganisation, value: odsCode }],
      active: true,
      name
    },
    { called, sections: [] },
    making
  )
}
