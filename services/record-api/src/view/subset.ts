import type { Resource } from '@chesil/fhir'
import type { Form } from '../http/result-parameters.ts'
import elementsByType from './elements.json' with { type: 'json' }
import { packItems, unpack, type ViewItem } from './view-item.ts'

interface Elements {
  /** Those that must be there, and those that change what the others mean. */
  readonly needed: readonly string[]
  /** Others that FHIR counts to the summary. */
  readonly summary: readonly string[]
}

const elementsOf: Readonly<Record<string, Elements>> = elementsByType
const always = ['resourceType', 'id', 'meta', 'implicitRules']
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/**
 * Resources with some of their elements, and a tag that says so.
 *
 * @see https://hl7.org/fhir/R4/search.html#summary
 * @see https://hl7.org/fhir/R4/search.html#elements
 */
export function subsetsOf(items: readonly ViewItem[], form: Form, baseUrl: string): readonly ViewItem[] {
  if (form.kind === 'whole') return items
  const unpacked = items.map((item) => ({
    ...unpack(item),
    isAsKept: false,
    readIndex: () => item.index,
    text: JSON.stringify(subsetOf(item.readResource(), form))
  }))
  return packItems(unpacked, baseUrl).items
}

function subsetOf(resource: Resource, form: Form): object {
  const isWanted = wantedBy(form, elementsOf[resource.resourceType])
  const meta = { ...resource.meta, tag: [...(resource.meta?.tag ?? []), subsetted] }
  const { resourceType, id } = resource
  return {
    resourceType,
    id,
    ...Object.fromEntries(Object.entries({ ...resource, meta }).filter(([name]) => isWanted(name)))
  }
}

function wantedBy(form: Form, elements: Elements | undefined): (name: string) => boolean {
  if (form.kind === 'data') return (name) => name !== 'text'
  const { needed = [], summary = [] } = elements ?? {}
  const wanted = [...always, ...needed, ...chosenBy(form, summary)]
  const names = new Set(wanted)
  const choices = wanted.filter((name) => name.endsWith('[x]')).map((name) => name.slice(0, -'[x]'.length))
  return (written) => {
    const name = written.replace(/^_/, '') // what is said of a primitive goes with it
    return (
      names.has(name) || choices.some((one) => name.startsWith(one) && /^[A-Z]/.test(name.slice(one.length)))
    )
  }
}

function chosenBy(form: Form, summary: readonly string[]): readonly string[] {
  if (form.kind === 'summary') return summary
  if (form.kind === 'text') return ['text']
  // `value` means whatever type it is of.
  return form.kind === 'elements' ? [...form.elements].flatMap((name) => [name, `${name}[x]`]) : []
}
