import { findSection, type Stu3Bundle, type Stu3Resource } from '../src/index.ts'
import { referencesIn } from '../src/references.ts'

export const resourcesOf = (record: Stu3Bundle): readonly Stu3Resource[] =>
  record.entry.map(({ resource }) => resource)

export const ofType = (record: Stu3Bundle, resourceType: string): readonly Stu3Resource[] =>
  resourcesOf(record).filter((resource) => resource.resourceType === resourceType)

export const namesIn = (record: Stu3Bundle): readonly string[] =>
  resourcesOf(record).flatMap(({ resourceType, id }) => (id === undefined ? [] : `${resourceType}/${id}`))

/** What is wrong inside a record: references to nothing, ids used twice, contained items that are not there. */
export function inconsistenciesOf(record: Stu3Bundle): string[] {
  const names = namesIn(record)
  const known = new Set(names)
  const dangling = resourcesOf(record).flatMap((resource) =>
    referencesIn(resource).filter((reference) => !known.has(reference))
  )
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  return [...dangling, ...twice, ...resourcesOf(record).flatMap(missingContained)]
}

function missingContained(list: Stu3Resource): string[] {
  const contained = new Set(list.contained?.map(({ id }) => `#${id}`))
  const local = list.entry?.map(({ item }) => item.reference).filter((reference) => reference.startsWith('#'))
  return local?.filter((reference) => !contained.has(reference)) ?? []
}

export function listOf(record: Stu3Bundle, section: string): Stu3Resource {
  const found = resourcesOf(record).find((resource) => findSection(resource) === section)
  if (!found) throw new RangeError(`No list of ${section}`)
  return found
}

/** The SNOMED CT or other codes anywhere inside. */
export const codesIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"code":"([^"]+)"/g)].map((match) => match[1] as string)
