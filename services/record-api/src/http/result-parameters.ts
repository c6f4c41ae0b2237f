import { isListedType, leadsOn } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import { searchCount } from './page.ts'
import { type Parameters, single } from './parameters.ts'

/** How the result of a search is to be shown. @see https://hl7.org/fhir/R4/search.html#return */
export interface ResultParameters {
  /** Resources in a page; 0: only how many there are. */
  readonly count: number
  readonly hasTotal: boolean
  readonly form: Form
  readonly includes: readonly Include[]
}

/** What of each resource is shown. */
export type Form =
  | { readonly kind: 'whole' | 'summary' | 'text' | 'data' }
  | { readonly kind: 'elements'; readonly elements: ReadonlySet<string> }

export interface Include {
  /** `include`: what matches refer to. `revinclude`: what refers to matches. */
  readonly direction: 'include' | 'revinclude'
  /** The type of resource that refers; `*` for each. */
  readonly sourceType: string
  /** The search parameter by which it refers; `*` for each. */
  readonly parameter: string
  readonly targetType: string | undefined
  /** Also from and to what was included. */
  readonly isIterated: boolean
}

/** @throws OutcomeError `invalid` for what is not understood: a result of another shape would mislead. */
export function parseResultParameters(parameters: Parameters): ResultParameters {
  const summary = oneOf(parameters, '_summary', ['true', 'text', 'data', 'count', 'false'])
  const total = oneOf(parameters, '_total', ['none', 'estimate', 'accurate'])
  const elements = single(parameters, '_elements')
  if (elements !== undefined && summary !== undefined && summary !== 'false')
    throw new OutcomeError('invalid', 'Either _elements or _summary can be asked')
  const includes = parameters.flatMap(([name, value]) => {
    const match = /^_(include|revinclude)(:iterate)?$/.exec(name)
    return match ? [parseInclude(match[1] as Include['direction'], match[2] !== undefined, value)] : []
  })
  const distinct = new Map(includes.map((include) => [JSON.stringify(include), include]))
  return {
    count: summary === 'count' ? 0 : searchCount(single(parameters, '_count')),
    hasTotal: total !== 'none',
    form:
      elements === undefined ? { kind: kindOf(summary) } : { kind: 'elements', elements: namesIn(elements) },
    includes: [...distinct.values()]
  }
}

function oneOf<Value extends string>(
  parameters: Parameters,
  name: string,
  values: readonly Value[]
): Value | undefined {
  const given = single(parameters, name)
  const value = values.find((one) => one === given)
  if (given !== undefined && value === undefined)
    throw new OutcomeError('invalid', `${name} is one of ${values.join(', ')}`)
  return value
}

function kindOf(summary: string | undefined): 'whole' | 'summary' | 'text' | 'data' {
  if (summary === 'true') return 'summary'
  return summary === 'text' || summary === 'data' ? summary : 'whole'
}

/** With or without the type before it: `Observation.code`, `code`. */
function namesIn(elements: string): ReadonlySet<string> {
  const names = elements.split(',').map((one) => one.trim().replace(/^[A-Z]\w*\./, ''))
  if (!names.every((one) => /^[a-z]\w*$/i.test(one)))
    throw new OutcomeError('invalid', '_elements needs names of elements, by commas')
  return new Set(names)
}

function parseInclude(direction: Include['direction'], isIterated: boolean, value: string): Include {
  const [sourceType = '', parameter = value === '*' ? '*' : '', targetType, ...more] = value.split(':')
  const isOfType = isListedType(sourceType) && leadsOn(sourceType, parameter)
  const isProvenance = direction === 'revinclude' && value === 'Provenance:target'
  const isAll = value === '*' && direction === 'include'
  if (more.length > 0 || !(isOfType || isProvenance || isAll)) {
    throw new OutcomeError(
      'invalid',
      `_${direction} needs a type and a reference parameter of it, such as Observation:encounter`
    )
  }
  return { direction, sourceType, parameter, targetType, isIterated }
}
