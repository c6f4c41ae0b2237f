import type { Resource } from '@chesil/fhir'
import { searchParametersOf } from './search-parameters.ts'
import { referencesIn, valuesAt } from './search-values.ts'

/** As search parameters these name whose record is searched; as includes they lead to the person. */
const ofPerson: ReadonlyMap<string, readonly string[]> = new Map([
  ['patient', ['patient', 'subject']],
  ['subject', ['subject']]
])

const pathsOf = (resourceType: string, name: string): readonly string[] | undefined => {
  const parameter = searchParametersOf(resourceType).get(name)
  return parameter?.kind === 'reference' ? parameter.paths : ofPerson.get(name)
}

/** Whether a search parameter leads from resources of that type to others. */
export const leadsOn = (resourceType: string, name: string): boolean =>
  name === '*' || pathsOf(resourceType, name) !== undefined

/**
 * What a resource refers to by one search parameter, as `Type/id`.
 *
 * @param name Of the parameter; `*` for all that a search of its type can follow.
 */
export function referencesAt(resource: Resource, name: string): readonly string[] {
  const { resourceType } = resource
  const names = name === '*' ? [...searchParametersOf(resourceType).keys(), ...ofPerson.keys()] : [name]
  const paths = names.flatMap((one) => pathsOf(resourceType, one) ?? [])
  const found = paths.flatMap((path) => {
    const [elements = '', type] = path.split(':')
    return valuesAt(resource, elements)
      .flatMap(referencesIn)
      .filter((one) => type === undefined || one.startsWith(`${type}/`))
  })
  return [...new Set(found)]
}
