/**
 * How one type was asked for.
 *
 * - `full`: everything
 * - `increment`: what was changed since an earlier answer
 * - `sweep`: the same, and the ids of everything
 */
export type FhirR4Asking = 'full' | 'increment' | 'sweep'

/** What was answered about one type. A page is a searchset, JSON as it was received. */
export type FhirR4TypeAnswer =
  | {
      readonly kind: FhirR4Asking
      readonly pages: readonly string[]
      /** Pages of a sweep. */
      readonly ids?: readonly string[]
      /** How many items were refused at the door. */
      readonly refused?: number
    }
  /** A low-cardinality word: why there is no answer, or not all of it. */
  | { readonly failed: string }

export interface FhirR4Answer {
  /** ISO instant: when the request began. */
  readonly searchedAt: string
  /** The searchset of the person, JSON as it was received. */
  readonly patient: string
  /** Of every type that was asked for; where the endpoint knows nobody, as fully answered, without pages. */
  readonly byType: ReadonlyMap<string, FhirR4TypeAnswer>
}

/** One message of the inbox: all pages of one pull, each as its source wrote it, to the letter. */
export function writeAnswer({ searchedAt, patient, byType }: FhirR4Answer): string {
  const types = [...byType].map(([type, answer]) => `${JSON.stringify(type)}:${writeType(answer)}`)
  return `{"searchedAt":${JSON.stringify(searchedAt)},"patient":${patient},"byType":{${types.join(',')}}}`
}

function writeType(answer: FhirR4TypeAnswer): string {
  if ('failed' in answer) return JSON.stringify(answer)
  const { kind, pages, ids, refused } = answer
  return [
    `{"kind":${JSON.stringify(kind)},"pages":[${pages.join(',')}]`,
    ...(ids ? [`,"ids":[${ids.join(',')}]`] : []),
    ...(refused === undefined ? [] : [`,"refused":${refused}`]),
    '}'
  ].join('')
}
