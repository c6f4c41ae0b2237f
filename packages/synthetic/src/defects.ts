import { changeItems, pickItem } from './items.ts'
import { findSection, primaryLists, type StructuredSection } from './sections.ts'
import { selectSections } from './selection.ts'
import { concept, gpcExtension, nhsCodeSystem, profiled, type Stu3Bundle, type Stu3Resource } from './stu3.ts'

/**
 * What a record may say of itself, and what may be wrong with it. Each gives a new record and leaves the
 * old one; where no item is named, the first that fits is meant.
 */

const warnings = {
  'confidential-items': () => 'Items excluded due to confidentiality and/or patient preferences.',
  'data-in-transit': (since: string) =>
    `Patient record transfer from previous GP practice not yet complete; information recorded before ${since} may be missing.`,
  'data-awaiting-filing': () =>
    'Patient data may be incomplete as there is data supplied by a third party awaiting review.'
} as const
export type ListWarning = keyof typeof warnings
export const listWarnings = Object.keys(warnings) as readonly ListWarning[]

/**
 * @param sections Those whose lists carry the warning; default all.
 * @param since For `data-in-transit`: an ISO date, written dd-Mmm-yyyy.
 */
export function withListWarning(
  record: Stu3Bundle,
  {
    code,
    sections,
    since = '2020-01-01'
  }: { readonly code: ListWarning; readonly sections?: readonly StructuredSection[]; readonly since?: string }
): Stu3Bundle {
  return changeItems(record, (resource) => {
    const section = findSection(resource)
    if (!section || sections?.includes(section) === false) return resource
    const notes = (resource['note'] as readonly { readonly text: string }[] | undefined) ?? []
    return {
      ...resource,
      extension: [...(resource.extension ?? []), { url: gpcExtension('ListWarningCode'), valueCode: code }],
      note: [...notes, { text: warnings[code](dayMonthYear(since)) }]
    }
  })
}

/** The practice has switched the section off: its list and what only it leads to are gone, and the answer says why. */
export function withUnsupportedSection(record: Stu3Bundle, section: StructuredSection): Stu3Bundle {
  const others = primaryLists.filter((list) => list.section !== section)
  const parameter = primaryLists.find((list) => list.section === section)?.parameter as string
  const outcome: Stu3Resource = {
    resourceType: 'OperationOutcome',
    meta: profiled('GPConnect-OperationOutcome-1'),
    issue: [notSupported(parameter, `${parameter} is not supported by this practice`)]
  }
  const rest = selectSections(record, others)
  return { ...rest, entry: [...rest.entry, { resource: outcome }] }
}

/** What an answer says of a parameter that it does not heed. */
export const notSupported = (parameter: string, text: string) => ({
  severity: 'warning',
  code: 'not-supported',
  details: {
    ...concept(nhsCodeSystem('Spine-ErrorOrWarningCode-1'), 'NOT_IMPLEMENTED', 'Not implemented'),
    text
  },
  diagnostics: parameter
})

/** Marks an item as not for the patient to see. @param item Default the first coded observation. */
export function withNotForPatient(record: Stu3Bundle, item?: string): Stu3Bundle {
  const chosen = pickItem(record, item, ({ resourceType }) => resourceType === 'Observation')
  const label = {
    system: 'http://hl7.org/fhir/v3/ActCode',
    code: 'NOPAT',
    display: 'no disclosure to patient'
  }
  return changeItems(record, (resource) =>
    resource === chosen ? { ...resource, meta: { ...resource.meta, security: [label] } } : resource
  )
}

/** An allergy that lost its code on the way from another system: text remains. */
export function withDegradedCode(record: Stu3Bundle, allergy?: string): Stu3Bundle {
  const chosen = pickItem(record, allergy, ({ resourceType }) => resourceType === 'AllergyIntolerance')
  const code = {
    ...concept('http://snomed.info/sct', '196461000000101', 'Transfer-degraded drug allergy'),
    text: 'Rash after an eye ointment, 1987'
  }
  return changeItems(record, (resource) => (resource === chosen ? { ...resource, code } : resource))
}

/** An allergy asserted on a day that no calendar has. */
export function withBadDate(record: Stu3Bundle, allergy?: string): Stu3Bundle {
  const chosen = pickItem(record, allergy, ({ resourceType }) => resourceType === 'AllergyIntolerance')
  return changeItems(record, (resource) =>
    resource === chosen ? { ...resource, assertedDate: '2019-02-30' } : resource
  )
}

/** An item whose subject is somebody else: it must never land. @param subject e.g. `Patient/another`. */
export function withForeignItem(record: Stu3Bundle, subject: string, item?: string): Stu3Bundle {
  const chosen = pickItem(record, item, ({ resourceType }) => resourceType === 'Observation')
  return changeItems(record, (resource) =>
    resource === chosen ? { ...resource, subject: { reference: subject } } : resource
  )
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const dayMonthYear = (date: string): string =>
  `${date.slice(8, 10)}-${months[Number(date.slice(5, 7)) - 1]}-${date.slice(0, 4)}`
