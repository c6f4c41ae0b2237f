/** Hand-written STU3, as GP Connect 1.6 sends it: each builder gives the base case, overrides make the variant. */
export type Stu3 = Record<string, unknown>

export const profile = (name: string) => ({
  profile: [`https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-${name}-1`]
})

export const extensionUrl = (name: string): string =>
  `https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-${name}-1`

export const snomed = (code: string, display: string) => ({
  coding: [{ system: 'http://snomed.info/sct', code, display }]
})

export const to = (reference: string) => ({ reference })

export const me = to('Patient/p1')

export const bundle = (...resources: readonly Stu3[]): Stu3 => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource }))
})

export const searchset = (...resources: readonly Stu3[]): Stu3 => ({
  ...bundle(...resources),
  type: 'searchset'
})

export const warning = (code: string) => [{ url: extensionUrl('ListWarningCode'), valueCode: code }]
