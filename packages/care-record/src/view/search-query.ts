import { type Criterion, invalid, toCriterion, toIdCriterion } from './search-criterion.ts'
import { searchParametersOf, sortable, supported } from './search-parameters.ts'

/** A search inside one person's record, understood and checked. */
export interface SearchQuery {
  readonly resourceType: string
  /** All must hold. */
  readonly criteria: readonly Criterion[]
  readonly sort: readonly SortKey[]
  /** What was understood and will be used, as `name=value`, for the `self` link. */
  readonly used: readonly (readonly [string, string])[]
  /** Names that were not understood and are ignored; only with lenient handling. */
  readonly ignored: readonly string[]
}

export interface SortKey {
  readonly parameter: string
  readonly descending: boolean
}

/** Fifty ids. */
const maxValueLength = 2_000

/**
 * Parameters that route and page a search; they are not criteria here.
 * `_format` is understood by the server as a whole.
 */
const control = new Set([
  ...['patient', 'subject', 'patient.identifier', 'subject.identifier'],
  ...['patient:Patient', 'subject:Patient', 'patient:Patient.identifier', 'subject:Patient.identifier'],
  ...['_count', '_sort', '_format', '_cursor', '_total', '_summary', '_elements'],
  ...['_include', '_include:iterate', '_revinclude', '_revinclude:iterate']
])

/**
 * @param parameters As they came: repeated names mean "and", commas mean "or".
 * @param handling With `strict` an unknown parameter is an error: a filter that is silently dropped would
 *   show more than was asked for.
 * @param baseUrl Of this server: its absolute addresses mean what is here.
 * @throws OutcomeError `invalid`, naming the parameter and what would be understood.
 * @see https://hl7.org/fhir/R4/search.html
 */
export function parseSearch(
  resourceType: string,
  parameters: readonly (readonly [string, string])[],
  handling: 'strict' | 'lenient',
  baseUrl = ''
): SearchQuery {
  const criteria: Criterion[] = []
  const used: [string, string][] = []
  const ignored: string[] = []
  for (const [name, value] of parameters) {
    if (control.has(name)) continue
    if (value.length > maxValueLength) throw invalid(name, 'its value is too long')
    const criterion = findCriterion(resourceType, name, value, baseUrl)
    if (criterion) {
      criteria.push(criterion)
      used.push([name, value])
    } else if (handling === 'lenient') ignored.push(name)
    else
      throw invalid(
        name,
        `it is not supported on ${resourceType}; supported: ${supported(resourceType).join(', ')}`
      )
  }
  const sort = parseSort(resourceType, parameters.find(([name]) => name === '_sort')?.[1])
  return { resourceType, criteria, sort, used, ignored }
}

function findCriterion(
  resourceType: string,
  name: string,
  value: string,
  baseUrl: string
): Criterion | undefined {
  if (name === '_id') return toIdCriterion(value)
  const colon = name.indexOf(':')
  const parameter = searchParametersOf(resourceType).get(colon < 0 ? name : name.slice(0, colon))
  return parameter && toCriterion(parameter, colon < 0 ? undefined : name.slice(colon + 1), value, baseUrl)
}

function parseSort(resourceType: string, text: string | undefined): readonly SortKey[] {
  if (!text) return []
  const known = new Set(sortable(resourceType))
  const keys = text.split(',').map((part) => {
    const descending = part.startsWith('-')
    const parameter = descending ? part.slice(1) : part
    if (!known.has(parameter)) {
      throw invalid('_sort', `it can be by ${[...known].join(', ')}, with - for descending`)
    }
    return { parameter, descending }
  })
  const isRepeated = new Set(keys.map(({ parameter }) => parameter)).size < keys.length
  if (isRepeated) throw invalid('_sort', 'it names a parameter twice')
  return keys
}
