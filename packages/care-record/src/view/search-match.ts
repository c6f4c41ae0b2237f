import type { Resource } from '@chesil/fhir'
import type { Criterion, DateValue, QuantityRange, ReferenceValue, TokenValue } from './search-criterion.ts'
import type { ViewEntryIndex } from './search-index.ts'
import { type SearchParameter, searchParametersOf } from './search-parameters.ts'
import {
  containedMedicine,
  folded,
  intervalIn,
  isObject,
  type QuantityValue,
  quantitiesIn,
  referencesIn,
  stringsIn,
  tokenOf,
  tokensIn,
  tokenTextsIn,
  valuesAt
} from './search-values.ts'

/** What a search needs to know of an entry. */
export interface Searchable {
  readonly resourceType: string
  readonly resourceId: string
  /** Milliseconds since 1970. */
  readonly lastUpdated: number
  readonly index: ViewEntryIndex
  /** As the reader is shown it: what is kept from them cannot be searched by. Parsed anew each time (`parsedOnce`). */
  readonly readResource: () => Resource
}

/** The same entry, whose text is parsed once at most. */
export function parsedOnce(entry: Searchable): Searchable {
  let resource: Resource | undefined
  return {
    resourceType: entry.resourceType,
    resourceId: entry.resourceId,
    lastUpdated: entry.lastUpdated,
    get index() {
      return entry.index
    },
    readResource() {
      resource ??= entry.readResource()
      return resource
    }
  }
}

/** Whether an entry fulfils one criterion of a search of its type. */
export function fulfils(entry: Searchable, criterion: Criterion): boolean {
  if (criterion.kind === 'id') return criterion.anyOf.includes(entry.resourceId)
  const parameter = searchParametersOf(entry.resourceType).get(criterion.parameter)
  return parameter !== undefined && isFulfilled(entry, parameter, criterion)
}

function isFulfilled(
  entry: Searchable,
  parameter: SearchParameter,
  criterion: Exclude<Criterion, { kind: 'id' }>
): boolean {
  switch (criterion.kind) {
    case 'missing':
      return criterion.anyOf.includes(isMissing(entry, parameter))
    case 'token': {
      const tokens = tokensOf(entry, parameter, criterion.modifier === 'identifier')
      const isCode = parameter.name !== 'identifier' && criterion.modifier !== 'identifier'
      const isFound = criterion.anyOf.some((value) => tokens.some((token) => isToken(token, value, isCode)))
      return isFound !== (criterion.modifier === 'not')
    }
    case 'date': {
      const intervals = intervalsOf(entry, parameter)
      return criterion.anyOf.some((value) => intervals.some((interval) => isInDate(interval, value)))
    }
    case 'string': {
      const read = criterion.modifier === 'text' ? tokenTextsIn : stringsIn
      const elsewhere = criterion.modifier === 'text' ? entry.index.text?.[parameter.name] : undefined
      const strings = [...valuesOf(entry, parameter).flatMap(read), ...(elsewhere ?? [])]
      return criterion.anyOf.some((value) =>
        strings.some((text) => isString(text, value, criterion.modifier))
      )
    }
    case 'reference': {
      const references = valuesOf(entry, parameter).flatMap(referencesIn)
      return criterion.anyOf.some((value) => references.some((one) => isReference(one, value)))
    }
    case 'quantity': {
      const quantities = valuesOf(entry, parameter).flatMap(quantitiesIn)
      return criterion.anyOf.some((value) => quantities.some((one) => isQuantity(one, value)))
    }
    case 'uri': {
      const uris = valuesOf(entry, parameter).filter((one) => typeof one === 'string')
      return criterion.anyOf.some((value) => uris.some((uri) => isUri(uri, value, criterion.modifier)))
    }
  }
}

/** What stands at the parameter's paths; of a path that means one type of resource, references to that type. */
function valuesOf(entry: Searchable, { name, paths }: SearchParameter): readonly unknown[] {
  const resource = entry.readResource()
  const found = paths.flatMap((path) => {
    const [elements = '', type] = path.split(':')
    const values = valuesAt(resource, elements)
    if (type === undefined) return values
    return values.filter((value) => referencesIn(value).some((one) => one.startsWith(`${type}/`)))
  })
  if (name !== 'code') return found
  // A medicine may be given by reference: its words beside it, its code in what is contained or elsewhere.
  const medicine = containedMedicine(resource)
  return [
    ...found,
    ...valuesAt(resource, 'medicationReference'),
    ...(medicine === undefined ? [] : [medicine])
  ]
}

function isMissing(entry: Searchable, parameter: SearchParameter): boolean {
  const { name, isIndexed } = parameter
  if (name === '_lastUpdated') return false
  const { token, date } = entry.index
  // Of a medicine the code may stand in another resource; a code in words alone stands in no index.
  if (isIndexed && (token?.[name] ?? date?.[name])) return false
  return valuesOf(entry, parameter).length === 0
}

function tokensOf(entry: Searchable, parameter: SearchParameter, isOfReference: boolean): readonly string[] {
  if (parameter.isIndexed) return entry.index.token?.[parameter.name] ?? []
  const values = valuesOf(entry, parameter)
  return isOfReference
    ? values.flatMap((value) => (isObject(value) ? tokensIn(value['identifier']) : []))
    : values.flatMap(tokensIn)
}

/** @param isCode Elements of FHIR's own codes name no system, though each has one. */
function isToken(token: string, { system, code }: TokenValue, isCode: boolean): boolean {
  if (system === undefined) return token.slice(token.indexOf('|') + 1) === code
  if (isCode && code !== undefined && ofFhir.test(system) && token === tokenOf('', code)) return true
  return code === undefined ? token.startsWith(tokenOf(system, '')) : token === tokenOf(system, code)
}

const ofFhir = /^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org)\//

function intervalsOf(entry: Searchable, parameter: SearchParameter): readonly (readonly [number, number])[] {
  if (parameter.name === '_lastUpdated') return [[entry.lastUpdated, entry.lastUpdated + 1]]
  if (!parameter.isIndexed) return valuesOf(entry, parameter).flatMap(intervalIn)
  const { date, dates } = entry.index
  const interval = date?.[parameter.name]
  return dates?.[parameter.name] ?? (interval ? [interval] : [])
}

/** @see https://hl7.org/fhir/R4/search.html#prefix */
function isInDate([low, high]: readonly [number, number], value: DateValue): boolean {
  const contained = value.low <= low && high <= value.high
  switch (value.prefix) {
    case 'eq':
      return contained
    case 'ne':
      return !contained
    case 'gt':
      return high > value.high
    case 'ge':
      return high > value.high || contained
    case 'lt':
      return low < value.low
    case 'le':
      return low < value.low || contained
    case 'sa':
      return low >= value.high
    case 'eb':
      return high <= value.low
    case 'ap':
      return low < value.high && high > value.low
  }
}

/** @see https://hl7.org/fhir/R4/search.html#string */
function isString(text: string, value: string, modifier: 'exact' | 'contains' | 'text' | undefined): boolean {
  if (modifier === 'exact') return text === value
  return modifier === 'contains' ? folded(text).includes(value) : folded(text).startsWith(value)
}

const isReference = (reference: string, value: ReferenceValue): boolean =>
  'id' in value ? reference.endsWith(`/${value.id}`) : reference === value.reference

/** @see https://hl7.org/fhir/R4/search.html#uri */
function isUri(uri: string, value: string, modifier: 'above' | 'below' | undefined): boolean {
  if (modifier === 'below') return uri.startsWith(value)
  return modifier === 'above' ? value.startsWith(uri) : uri === value
}

/** @see https://hl7.org/fhir/R4/search.html#quantity */
function isQuantity({ low, high, system, units }: QuantityValue, value: QuantityRange): boolean {
  if (value.code !== undefined && !units.includes(value.code)) return false
  if (value.system !== undefined && system !== value.system) return false
  const isEqual = value.low <= low && high < value.high
  switch (value.prefix) {
    case 'eq':
      return isEqual
    case 'ne':
      return !isEqual
    case 'gt':
      return high > value.number
    case 'ge':
      return high > value.number || isEqual
    case 'lt':
      return low < value.number
    case 'le':
      return low < value.number || isEqual
    case 'sa':
      return low >= value.high
    case 'eb':
      return high < value.low
    case 'ap':
      return Math.abs(value.number) * 0.1 >= Math.max(low - value.number, value.number - high)
  }
}
