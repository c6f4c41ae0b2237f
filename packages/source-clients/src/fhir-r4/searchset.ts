import { type NhsNumber, systems } from '@chesil/fhir'
import type { FhirResource } from 'fhir-kit-client'
import type { NoAnswer } from '../authorised-source.ts'
import { fail, judgeAnswer } from '../gp-connect/answer.ts'
import type { Answer } from '../outbound/outbound.ts'

/** What is wrong with an endpoint's paging, beside what can be wrong with one answer. */
export type PagingFault = 'foreign-link' | 'page-loop' | 'too-many-pages'

/** One page of a search. */
export interface Page {
  readonly bundle: Searchset
  /** As received, decompressed. */
  readonly body: Uint8Array
}

export interface Searchset extends FhirResource {
  readonly link: { readonly relation: string; readonly url: string }[]
  readonly entry: readonly Record<string, unknown>[]
}

/** @returns the page, or what an endpoint that sends anything else said instead. */
export function judgePage(answer: Answer): Page | NoAnswer {
  const judged = judgeAnswer(answer, 0)
  if (judged.outcome !== 'answered') return judged
  const { body } = judged
  const bundle = parse(body)
  if (bundle === undefined) return fail('not-json', 200)
  if (bundle['resourceType'] !== 'Bundle' || bundle['type'] !== 'searchset')
    return fail('not-a-searchset', 200)
  const { link = [], entry = [] } = bundle
  if (!isObjects(link) || !isObjects(entry)) return fail('not-a-searchset', 200)
  return { body, bundle: { ...bundle, resourceType: 'Bundle', link: link as Searchset['link'], entry } }
}

function parse(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isObjects = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.every(isObject)

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/

/**
 * The endpoint's id of the one person with this NHS number. A record that was replaced by another of the same
 * person does not count beside it.
 *
 * @returns `undefined` when it knows nobody by that number.
 */
export function findPatientId(
  { entry, link }: Searchset,
  nhsNumber: NhsNumber
): { readonly id: string | undefined } | NoAnswer {
  const found = entry.map(({ resource }) => resource).filter(isObject)
  const patients = found.filter(({ resourceType }) => resourceType === 'Patient')
  if (!patients.every(({ identifier }) => hasOnly(identifier, nhsNumber))) return fail('wrong-patient', 200)
  const [patient, other] = patients.length > 1 ? patients.filter(isInUse) : patients
  if (patients.length > 0 && (!patient || other || hasMore(link))) return fail('ambiguous-patient', 200)
  const id = patient?.['id']
  if (patient === undefined) return { id: undefined }
  return typeof id === 'string' && idPattern.test(id) ? { id } : fail('not-a-searchset', 200)
}

/** Another person's NHS number beside the right one is as bad as the wrong one. */
function hasOnly(identifiers: unknown, nhsNumber: NhsNumber): boolean {
  if (!isObjects(identifiers)) return false
  const numbers = identifiers.filter(({ system }) => system === systems.nhsNumber).map(({ value }) => value)
  return numbers.length > 0 && numbers.every((number) => number === nhsNumber)
}

const isInUse = ({ active, link }: Record<string, unknown>): boolean =>
  active !== false && !(isObjects(link) && link.some(({ type }) => type === 'replaced-by'))

const hasMore = (link: Searchset['link']): boolean => link.some(({ relation }) => relation === 'next')
