import { isFhirDate, systems } from '@chesil/fhir'
import {
  type DocumentSearch,
  documentSearchset,
  findLetter,
  type Stu3Bundle,
  type Stu3Resource
} from '@chesil/synthetic'
import type { Deps } from '../deps.ts'
import { isDisclosed, type PersonState, type PracticeState } from '../world/world.ts'
import { practiceRoot } from './addresses.ts'
import {
  type Answer,
  findConsenting,
  findDisclosed,
  isRefusal,
  readIdentifier,
  resourceAnswer
} from './exchange.ts'
import { type Refusal, refuse } from './refusal.ts'

type DocumentDeps = Pick<Deps, 'world' | 'publicUrl'>
type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** `GET Patient?identifier=`: a searchset of the person, or of nobody; consent is a matter of the documents. */
export function findPatient(
  practice: PracticeState,
  query: Query,
  { world, publicUrl }: DocumentDeps
): Answer | Refusal {
  const number = readIdentifier(query['identifier'])
  if (typeof number !== 'string') return number
  const state = findDisclosed(practice, world, ({ person }) => person.nhsNumber === number)
  if (state && isRefusal(state)) return state
  const patientId = state && patientOf(state.record.read())?.id
  if (state && patientId !== undefined) practice.patientIds.set(patientId, state)
  const baseUrl = practiceRoot(publicUrl(), practice.practice.odsCode)
  const entry = state ? documentSearchset(withoutDocuments(state.record.read()), { baseUrl }).entry : []
  return resourceAnswer({ resourceType: 'Bundle', type: 'searchset', entry })
}

const withoutDocuments = (record: Stu3Bundle): Stu3Bundle => ({
  ...record,
  entry: record.entry.filter(({ resource }) => resource.resourceType !== 'DocumentReference')
})

/** `GET Patient/{id}/DocumentReference`. */
export function listDocuments(
  practice: PracticeState,
  { patientId, query }: { readonly patientId: string; readonly query: Query },
  { world, publicUrl }: DocumentDeps
): Answer | Refusal {
  const search = readSearch(query)
  if (isRefusal(search)) return search
  const hasId = ({ record }: PersonState) => patientOf(record.read())?.id === patientId
  const known = practice.patientIds.get(patientId)
  const state = findConsenting(practice, world, known && hasId(known) ? (other) => other === known : hasId)
  if (isRefusal(state)) return state
  const baseUrl = practiceRoot(publicUrl(), practice.practice.odsCode)
  return resourceAnswer(documentSearchset(state.record.read(), { ...search, baseUrl }))
}

/** `GET Binary/{id}`: the file of a document of anybody whom the practice speaks of. */
export function readBinary(
  practice: PracticeState,
  id: string,
  { world }: Pick<DocumentDeps, 'world'>
): Answer | Refusal {
  const letters = world
    .registeredAt(practice.practice.odsCode)
    .filter((state) => isDisclosed(state) && !state.dissents)
    .map(({ record }) => findLetter(record.read(), id))
  const letter = letters.find((text) => text !== undefined)
  if (letter === undefined) return refuse('NO_RECORD_FOUND', 'There is no such file')
  const content = Buffer.from(letter).toString('base64')
  return resourceAnswer({ resourceType: 'Binary', id, contentType: 'text/plain', content })
}

const patientOf = (record: Stu3Bundle): Stu3Resource | undefined =>
  record.entry.map(({ resource }) => resource).find((resource) => resource?.resourceType === 'Patient')

/** Without these a practice must not answer. */
const mandatoryIncludes = [
  ['_include', 'DocumentReference:subject:Patient'],
  ['_include', 'DocumentReference:custodian:Organization'],
  ['_include', 'DocumentReference:author:Organization'],
  ['_include', 'DocumentReference:author:Practitioner'],
  ['_revinclude:recurse', 'PractitionerRole:practitioner']
] as const

const valuesOf = (query: Query, name: string): readonly string[] => [query[name] ?? []].flat()

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-2/access_documents_development_search_patient_documents.html */
function readSearch(query: Query): DocumentSearch | Refusal {
  const missing = mandatoryIncludes.find(([name, value]) => !valuesOf(query, name).includes(value))
  if (missing) return refuse('INVALID_PARAMETER', `${missing.join('=')} is missing`)
  const unknown = Object.keys(query).find((name) => !searchParameters.has(name))
  if (unknown !== undefined) return refuse('NOT_IMPLEMENTED', `The search parameter ${unknown}`)
  const created = readCreated(valuesOf(query, 'created'))
  if (isRefusal(created)) return created
  const author = readAuthor(valuesOf(query, 'author')[0])
  if (isRefusal(author)) return author
  const [description] = valuesOf(query, 'description')
  return { ...created, ...author, ...(description !== undefined && { description }) }
}

const searchParameters = new Set(['_include', '_revinclude:recurse', 'created', 'author', 'description'])

function readCreated(values: readonly string[]): DocumentSearch | Refusal {
  const bounds = values.map((value) => ({ prefix: value.slice(0, 2), day: value.slice(2, 12) }))
  const wrong = bounds.some(
    ({ prefix, day }) => !/^[gl]e$/.test(prefix) || day.length !== 10 || !isFhirDate(day)
  )
  const prefixes = new Set(bounds.map(({ prefix }) => prefix))
  if (wrong || prefixes.size !== bounds.length) {
    return refuse('INVALID_PARAMETER', 'created has to be ge and a day, le and a day, or both')
  }
  const from = bounds.find(({ prefix }) => prefix === 'ge')?.day
  const to = bounds.find(({ prefix }) => prefix === 'le')?.day
  return { ...(from !== undefined && { createdFrom: from }), ...(to !== undefined && { createdTo: to }) }
}

function readAuthor(value: string | undefined): DocumentSearch | Refusal {
  if (value === undefined) return {}
  const [system, author] = value.split('|')
  if (system === systems.odsOrganisation && author) return { author }
  return refuse('INVALID_PARAMETER', 'author has to be an ODS code')
}
