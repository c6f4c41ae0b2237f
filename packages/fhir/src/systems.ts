/** Identifier, code and extension URIs, spelt once. */
export const systems = {
  nhsNumber: 'https://fhir.nhs.uk/Id/nhs-number',
  odsOrganisation: 'https://fhir.nhs.uk/Id/ods-organization-code',
  odsSite: 'https://fhir.nhs.uk/Id/ods-site-code',
  sdsUser: 'https://fhir.nhs.uk/Id/sds-user-id',
  sdsRoleProfile: 'https://fhir.nhs.uk/Id/sds-role-profile-id',
  gmcNumber: 'https://fhir.hl7.org.uk/Id/gmc-number',
  gmpNumber: 'https://fhir.hl7.org.uk/Id/gmp-number',
  snomed: 'http://snomed.info/sct',
  dmd: 'https://dmd.nhs.uk',
  loinc: 'http://loinc.org',
  ucum: 'http://unitsofmeasure.org',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  actClass: 'http://terminology.hl7.org/CodeSystem/v3-ActClass',
  listEmptyReason: 'http://terminology.hl7.org/CodeSystem/list-empty-reason',
  ipsAbsentUnknown: 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  allergyClinical: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
  allergyVerification: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
  conditionClinical: 'http://terminology.hl7.org/CodeSystem/condition-clinical',
  conditionVerification: 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
  conditionCategory: 'http://terminology.hl7.org/CodeSystem/condition-category',
  observationCategory: 'http://terminology.hl7.org/CodeSystem/observation-category',
  nhsNumberVerification: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus',
  ukCoreListWarning: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ListWarningCode',
  spineErrorStu3: 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1',
  spineErrorR4: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode'
} as const

const ukCoreRoot = 'https://fhir.hl7.org.uk/StructureDefinition/'

/** @param resourceType e.g. `Patient`. @returns the canonical URL of its UK Core profile. */
export const ukCoreProfile = (resourceType: string): string => `${ukCoreRoot}UKCore-${resourceType}`

/** @param name e.g. `NHSNumberVerificationStatus`. @returns the canonical URL of the UK Core extension. */
export const ukCoreExtension = (name: string): string => `${ukCoreRoot}Extension-UKCore-${name}`

const chesilRoot = 'https://chesil.example/fhir'

/**
 * What Chesil itself defines: described in docs/fhir.md.
 * The host is reserved for examples (RFC 2606); a deployment that publishes these puts its own there.
 */
export const chesil = {
  /** Canonical of what partners can subscribe to. */
  subscriptionTopic: (name: string) => `${chesilRoot}/SubscriptionTopic/${name}`,
  /** What a source answered, or did not: see `completenessCodes` in care-record. */
  completeness: `${chesilRoot}/CodeSystem/completeness`,
  /** Tags on a resource: degraded, former-practice. */
  itemTag: `${chesilRoot}/CodeSystem/item-tag`,
  /** Which source said a thing: `meta.tag`, code = catalogue id. */
  source: `${chesilRoot}/CodeSystem/source`,
  /** On a Bundle as of a moment: the hash that was stored with that version, SHA-256 in hex. */
  versionHash: `${chesilRoot}/CodeSystem/version-hash`,
  /** On the Binary of a file, which content it holds: SHA-256 in base64url. */
  contentHash: `${chesilRoot}/CodeSystem/content-hash`,
  /** Security labels that v3-ActCode has no word for. */
  label: `${chesilRoot}/CodeSystem/label`,
  /** Of a List that says what is one thing, what it is, and how each entry stands in it. */
  itemGroup: `${chesilRoot}/CodeSystem/item-group`,
  /** Sections of a GP record. */
  section: `${chesilRoot}/CodeSystem/section`,
  /** Sections of a summary for which neither LOINC nor PRSB has a code. */
  summarySection: `${chesilRoot}/CodeSystem/summary-section`,
  /** Why a section shows nothing: see `absenceCodes` in care-record. */
  absence: `${chesilRoot}/CodeSystem/absence`,
  /** On a GP medicine, a code: `current`, `recent` or `past` at the time of the answer that brought it. */
  medicineCurrency: `${chesilRoot}/StructureDefinition/medicine-currency`,
  /** Beside it, a date: the last day in London on which that code holds. After it the medicine is past. */
  medicineCurrencyUntil: `${chesilRoot}/StructureDefinition/medicine-currency-until`,
  /** On the plan of a medicine, a number: how often it may be issued, the first time included. */
  repeatsAllowed: `${chesilRoot}/StructureDefinition/repeats-allowed`,
  /** A trust's own patient numbers, unless its catalogue entry names a system for them. */
  patientNumber: (odsCode: string): string => `${chesilRoot}/Id/${odsCode}/patient-number`,
  /** An NHS number as an organisation claims it, that gives no number of its own. */
  claimedNhsNumber: (odsCode: string): string => `${chesilRoot}/Id/${odsCode}/claimed-nhs-number`,
  /** What else an organisation numbers; `kind` e.g. `visit-number`. */
  localId: (odsCode: string, kind: string): string => `${chesilRoot}/Id/${odsCode}/${kind}`,
  /** Codes of an organisation's own; `name` as it calls them. */
  codeSystem: (odsCode: string, name: string): string => `${chesilRoot}/CodeSystem/${odsCode}/${name}`,
  extension: (name: string): string => `${chesilRoot}/StructureDefinition/${name}`,
  operation: (name: string): string => `${chesilRoot}/OperationDefinition/${name}`
} as const
