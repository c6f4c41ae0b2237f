export const fhirRoot = (publicUrl: string, odsCode: string): string =>
  `${publicUrl}/trusts/${odsCode}/FHIR/R4`

export const tokenUrl = (publicUrl: string, odsCode: string): string =>
  `${publicUrl}/trusts/${odsCode}/oauth2/token`
