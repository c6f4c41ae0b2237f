import { isJson, type Json, many, one, word } from '../json.ts'
import type { FhirR4Asking } from './answer.ts'

/** A resource as it came, of a type that was asked for. */
export interface Candidate {
  readonly type: string
  /** `undefined` where it is none that FHIR allows. */
  readonly id: string | undefined
  readonly fullUrl: string | undefined
  readonly source: Json
}

/** What came of one type. */
export interface TypeReading {
  readonly type: string
  readonly kind: FhirR4Asking | 'failed'
  /** Each once, in the order of the answer. */
  readonly candidates: readonly Candidate[]
  /** By what the source calls them: that which was not asked for and belongs to what was. */
  readonly included: readonly Candidate[]
  /** Ids of all that the source has of it; `undefined` where it was asked for changes only. */
  readonly listed: ReadonlySet<string> | undefined
  /** It said that there is more than it sent, or it sent what cannot be told apart. */
  readonly isShort: boolean
  readonly issues: readonly Json[]
  /** At the door. */
  readonly refused: number
}

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/

export function readCandidates(pages: unknown): Candidate[] {
  return many(pages)
    .flatMap((page) => many(page['entry']))
    .flatMap(({ resource, fullUrl }): Candidate[] => {
      if (!isJson(resource)) return []
      const id =
        typeof resource['id'] === 'string' && idPattern.test(resource['id']) ? resource['id'] : undefined
      return [{ type: word(resource['resourceType']) ?? '', id, fullUrl: word(fullUrl), source: resource }]
    })
}

const kinds: readonly unknown[] = ['full', 'increment', 'sweep'] satisfies FhirR4Asking[]

/** @param answer One member of the envelope's `byType`. */
export function readType(type: string, answer: unknown): TypeReading {
  const said = isJson(answer) ? answer : {}
  const kind = kinds.includes(said['kind']) ? (said['kind'] as FhirR4Asking) : 'failed'
  const all = kind === 'failed' ? [] : readCandidates(said['pages'])
  const candidates = latestOfEach(all.filter((candidate) => candidate.type === type))
  const { listed, isShort } = readList(type, kind, said)
  return {
    type,
    kind,
    candidates,
    included: all.filter((candidate) => candidate.type !== type && candidate.id !== undefined),
    listed,
    isShort,
    issues: [...many(said['pages']), ...many(said['ids'])].flatMap(issuesOn),
    refused: typeof said['refused'] === 'number' ? said['refused'] : 0
  }
}

const issuesOn = (page: Json): Json[] =>
  many(page['entry'])
    .flatMap(({ resource }) => many(resource))
    .filter((resource) => resource['resourceType'] === 'OperationOutcome')
    .flatMap((outcome) => many(outcome['issue']))

function readList(
  type: string,
  kind: TypeReading['kind'],
  said: Json
): Pick<TypeReading, 'listed' | 'isShort'> {
  if (kind === 'failed' || kind === 'increment') return { listed: undefined, isShort: false }
  const pages = kind === 'full' ? said['pages'] : said['ids']
  const found = readCandidates(pages).filter((candidate) => candidate.type === type)
  const listed = new Set(found.flatMap(({ id }) => id ?? []))
  const total = one(pages)?.['total']
  const isShort =
    found.some(({ id }) => id === undefined) || (typeof total === 'number' && total > listed.size)
  return { listed, isShort }
}

/** A page that was read while the source changed may repeat an item of an earlier one. */
function latestOfEach(candidates: readonly Candidate[]): Candidate[] {
  const latest = new Map<string | Candidate, Candidate>()
  for (const candidate of candidates) {
    const key = candidate.id ?? candidate
    const held = latest.get(key)
    if (!held || updatedAt(held) < updatedAt(candidate)) latest.set(key, candidate)
  }
  return [...latest.values()]
}

function updatedAt({ source }: Candidate): number {
  const text = word(one(source['meta'])?.['lastUpdated'])
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? 0 : at
}
