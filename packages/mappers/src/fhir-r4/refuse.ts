import { isJson, type Json, many, text, texts, word } from '../json.ts'
import { type Candidate, readCandidates } from './read-answer.ts'
import { targetOf } from './subject.ts'

/** Pages of each type that was asked for, parsed. */
export type PagesByType = ReadonlyMap<string, readonly unknown[]>

/** What of an item a source's deny-list may speak of; see `DenyList` in contracts. */
export interface FhirR4Traits {
  readonly treatmentFunctions: readonly string[]
  /** Names, identifiers and ids of places. */
  readonly locations: readonly string[]
  /** Codes of documents and reports. */
  readonly documentTypes: readonly string[]
  /** Names in words: of places, specialties and documents. */
  readonly names: readonly string[]
}

/**
 * What of an answer the source's agreement says is not to be kept: an item of a refused treatment function, place
 * or kind of document, and with it whatever belongs to it.
 *
 * @param bases Of the endpoint: references below them are its own.
 * @param known Names of what was refused before.
 * @returns names, as `Encounter/e1`.
 */
export function refusedIn(
  pages: PagesByType,
  isDenied: (traits: FhirR4Traits) => boolean,
  bases: readonly string[],
  known: ReadonlySet<string> = new Set()
): ReadonlySet<string> {
  const candidates = [...pages.values()].flatMap((each) => readCandidates(each))
  const denied = candidates.filter((each) => isDenied(traitsOf(each)))
  const refused = new Set([...known, ...denied.map(nameOf)])
  for (let found = -1; found !== refused.size; ) {
    found = refused.size
    for (const candidate of candidates) passOn(candidate, refused, bases)
  }
  return refused
}

/** A page without what was refused. What it said of the number of items would give that away. */
export function withoutRefused(page: unknown, refused: ReadonlySet<string>): unknown {
  if (!isJson(page) || !Array.isArray(page['entry'])) return page
  const { total: _, ...rest } = page
  const entry = page['entry'].filter(
    (one) => !readCandidates({ entry: [one] }).some((each) => refused.has(nameOf(each)))
  )
  return { ...rest, entry }
}

/** @returns the stays and visits to which items of these pages say that they belong, as `Encounter/e1`. */
export const visitsNamedIn = (pages: readonly unknown[], bases: readonly string[]): string[] =>
  readCandidates(pages).flatMap(({ source }) =>
    namesAbove(source, bases).filter((name) => name.startsWith('Encounter/'))
  )

const nameOf = ({ type, id }: Candidate): string => `${type}/${id}`

/** An item belongs to its stay or visit, and a result to its report. */
function passOn(candidate: Candidate, refused: Set<string>, bases: readonly string[]): void {
  const { source } = candidate
  if (namesAbove(source, bases).some((name) => refused.has(name))) refused.add(nameOf(candidate))
  if (!refused.has(nameOf(candidate))) return
  for (const name of namesIn([source['result'], source['hasMember']], bases)) refused.add(name)
}

function namesAbove(source: Json, bases: readonly string[]): string[] {
  const context = isJson(source['context']) ? source['context']['encounter'] : undefined
  const { encounter, partOf, derivedFrom } = source
  return namesIn([encounter, source['context'], context, partOf, derivedFrom], bases)
}

const namesIn = (values: readonly unknown[], bases: readonly string[]): string[] =>
  values.flatMap(many).flatMap((reference) => {
    const target = targetOf(word(reference['reference']) ?? '', bases)
    return target ? [`${target.type}/${target.id}`] : []
  })

function traitsOf({ type, source }: Candidate): FhirR4Traits {
  const services = servicesOf(source)
  const locations = placesOf(source)
  const isDocument = type === 'DocumentReference'
  const kinds = [source['type'], source['category'], source['code']]
  return {
    treatmentFunctions: codesIn(services),
    locations,
    documentTypes: isDocument || type === 'DiagnosticReport' ? codesIn(kinds) : [],
    // What a report is called says what was tested, and not for whom.
    names: [
      ...locations,
      ...wordsIn(services),
      ...(isDocument ? [...wordsIn(kinds), ...titlesOf(source)] : [])
    ]
  }
}

/** Where R4 and UK Core put a treatment function. */
function servicesOf(source: Json): readonly unknown[] {
  const context = isJson(source['context']) ? source['context'] : {}
  return [source['serviceType'], source['specialty'], source['performerType'], context['practiceSetting']]
}

const codesIn = (concepts: readonly unknown[]): string[] =>
  codingsIn(concepts).flatMap(({ code }) => text(code) ?? [])

const wordsIn = (concepts: readonly unknown[]): string[] => [
  ...concepts.flatMap(many).flatMap((concept) => text(concept['text']) ?? []),
  ...codingsIn(concepts).flatMap(({ display }) => text(display) ?? [])
]

const codingsIn = (concepts: readonly unknown[]): Json[] =>
  concepts.flatMap(many).flatMap(({ coding }) => many(coding))

const titlesOf = (document: Json): string[] => [
  ...texts(document['description']),
  ...many(document['content']).flatMap(({ attachment }) =>
    many(attachment).flatMap(({ title }) => text(title) ?? [])
  )
]

function placesOf(source: Json): string[] {
  const named = [
    ...many(source['location']).flatMap((one) => [one, ...many(one['location'])]),
    ...many(source['participant']).flatMap(({ actor }) => many(actor)),
    ...many(source['locationReference'])
  ]
  return named.flatMap(({ display, identifier, reference }) =>
    [display, ...many(identifier).map(({ value }) => value), word(reference)?.split('/').at(-1)].flatMap(
      (place) => (typeof place === 'string' ? [place] : [])
    )
  )
}
