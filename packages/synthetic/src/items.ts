import { indexByName } from './references.ts'
import type { Stu3Bundle, Stu3Resource } from './stu3.ts'

/** @throws RangeError when there is no item of that name, or none that fits. */
export function pickItem(
  record: Stu3Bundle,
  name: string | undefined,
  fits: (resource: Stu3Resource) => boolean
): Stu3Resource {
  const resources = record.entry.map(({ resource }) => resource)
  const found = name === undefined ? resources.find(fits) : indexByName(resources).get(name)
  if (!found) throw new RangeError('The record holds no such item')
  return found
}

/** The same record with each resource put through `edit`. */
export function changeItems(record: Stu3Bundle, edit: (resource: Stu3Resource) => Stu3Resource): Stu3Bundle {
  return { ...record, entry: record.entry.map((entry) => ({ ...entry, resource: edit(entry.resource) })) }
}
