/** @returns the FHIR root of a practice, below which `structured` and `documents` lie. */
export const practiceRoot = (publicUrl: string, odsCode: string): string =>
  `${publicUrl}/practices/${odsCode}/STU3/1/gpconnect`
