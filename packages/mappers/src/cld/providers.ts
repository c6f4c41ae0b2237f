import type { ContributionEntry } from '@chesil/contracts'
import { defined, type Organization, type Reference } from '@chesil/fhir'
import { openProvider } from './beside.ts'
import { type Called, type Making, organizationReference, toItem } from './item.ts'
import type { CldRow } from './row.ts'

/** CQC's number of the place; where a row gives none, the name. */
function calledOf({ values }: CldRow): Called | undefined {
  const name = values.Provider_CQC_Location_ID ?? values.Provider_CQC_Location_Name
  return name === undefined ? undefined : ['provider', name.toLowerCase()]
}

/** @returns nothing for a row that names nobody who gives the care. */
export function providerReference(row: CldRow, making: Making): Reference<Organization> | undefined {
  const called = calledOf(row)
  return called && organizationReference(called, openProvider(row), making)
}

export function toProvider(row: CldRow, making: Making): ContributionEntry | undefined {
  const called = calledOf(row)
  if (!called) return undefined
  const { Provider_CQC_Location_ID: number, Provider_CQC_Location_Name: name } = row.values
  const body = defined({
    resourceType: 'Organization' as const,
    identifier: number ? [{ system: 'https://www.cqc.org.uk/location', value: number }] : undefined,
    name: name ?? number
  })
  return toItem<Organization>(body, { called, sections: ['services'] }, making)
}
