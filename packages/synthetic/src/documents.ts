import { letterText } from './record/documents.ts'
import { indexByName, referencesIn } from './references.ts'
import { nameOf, profiled, type Stu3Bundle, type Stu3Resource } from './stu3.ts'

export interface DocumentSearch {
  /** ISO dates, both ends included; a document without a date of creation goes by when it was indexed. */
  readonly createdFrom?: string
  readonly createdTo?: string
  /** Part of the description, in any case. */
  readonly description?: string
  /** ODS code of an organisation that wrote or keeps it. */
  readonly author?: string
}

/**
 * The documents interface's answer to a search in one person's documents: the person, the documents
 * whose subject that person is, and who wrote and keeps them.
 *
 * @param record A practice's record; documents of other people in it are left out.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/access_documents_development_search_patient_documents.html
 */
export function documentSearchset(
  record: Stu3Bundle,
  { baseUrl, ...search }: DocumentSearch & { readonly baseUrl: string }
): Stu3Bundle {
  const resources = record.entry.map(({ resource }) => resource)
  const patient = resources.find(({ resourceType }) => resourceType === 'Patient')
  const documents = patient
    ? documentsOf(resources, patient).filter((document) => matches(document, search, resources))
    : []
  const found = [...(patient ? [patient] : []), ...documents]
  return {
    resourceType: 'Bundle',
    meta: profiled('GPConnect-Searchset-Bundle-1'),
    type: 'searchset',
    entry: [...found, ...supportersOf(found, resources)].map((resource) => ({
      fullUrl: `${baseUrl}/documents/${nameOf(resource)}`,
      resource
    }))
  }
}

/** @returns what stands in the file of a document, plain text in ASCII; `undefined` when no document has that file. */
export function findLetter(record: Stu3Bundle, binaryId: string): string | undefined {
  const document = record.entry
    .map(({ resource }) => resource)
    .find((resource) => attachmentOf(resource)?.url?.endsWith(`/Binary/${binaryId}`))
  return document && letterText(String(document['description'] ?? 'Document'))
}

interface Attachment {
  readonly url?: string
}

function attachmentOf(document: Stu3Resource): Attachment | undefined {
  if (document.resourceType !== 'DocumentReference') return undefined
  const [content] = (document['content'] as readonly { readonly attachment?: Attachment }[] | undefined) ?? []
  return content?.attachment
}

const documentsOf = (resources: readonly Stu3Resource[], patient: Stu3Resource) =>
  resources.filter(
    ({ resourceType, subject }) =>
      resourceType === 'DocumentReference' && subject?.reference === nameOf(patient)
  )

function matches(
  document: Stu3Resource,
  { createdFrom, createdTo, description, author }: DocumentSearch,
  resources: readonly Stu3Resource[]
): boolean {
  const day = String(document['created'] ?? document['indexed'] ?? '').slice(0, 10)
  if (createdFrom !== undefined && day < createdFrom) return false
  if (createdTo !== undefined && day > createdTo) return false
  if (author !== undefined && !organisationsOf(document, resources).includes(author)) return false
  const title = String(document['description'] ?? '').toLowerCase()
  return description === undefined || title.includes(description.toLowerCase())
}

/** The ODS codes, and other identifiers, of those who wrote and keep it. */
function organisationsOf(document: Stu3Resource, resources: readonly Stu3Resource[]): string[] {
  const named = referencesIn([document['author'], document['custodian']])
  const organisations = resources.filter(
    (resource) => resource.resourceType === 'Organization' && named.includes(nameOf(resource))
  )
  return organisations.flatMap(
    ({ identifier }) =>
      (identifier as readonly { readonly value: string }[] | undefined)?.map(({ value }) => value) ?? []
  )
}

const supporting = new Set(['Organization', 'Practitioner', 'PractitionerRole'])

/** The organisations and people they name, and the roles of those people. */
function supportersOf(found: readonly Stu3Resource[], resources: readonly Stu3Resource[]): Stu3Resource[] {
  const byName = indexByName(resources)
  const named = new Set(found.flatMap(referencesIn))
  const roles = resources.filter(
    (resource) =>
      resource.resourceType === 'PractitionerRole' &&
      referencesIn(resource['practitioner']).some((name) => named.has(name))
  )
  for (const name of roles.flatMap(referencesIn)) named.add(name)
  const people = [...named].flatMap((name) => byName.get(name) ?? [])
  return [...people.filter(({ resourceType }) => supporting.has(resourceType)), ...roles]
}
