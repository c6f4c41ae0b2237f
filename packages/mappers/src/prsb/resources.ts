import { defined, findNhsNumber, type Identifier, type Reference, systems } from '@chesil/fhir'
import { type BundleEntry, entriesOf } from '../itk3/bundle-entries.ts'
import { isJson, type Json, many, one, text, texts, uri, word } from '../json.ts'

/** What a message calls by a reference. */
export type Named = (reference: string) => BundleEntry | undefined

/** Parts inside one another, as Parameters hold them. */
const deepest = 4

/** The resources of a Bundle or of Parameters; of anything else, itself. */
export function resourcesOf(json: Json, depth = 1): BundleEntry[] {
  const type = word(json['resourceType'])
  if (type === 'Bundle') return entriesOf(json)
  if (type === 'Parameters') return many(json['parameter']).flatMap((part) => resourcesOfPart(part, depth))
  return type === undefined ? [] : [{ type, id: word(json['id']), fullUrl: undefined, source: json }]
}

function resourcesOfPart(part: Json, depth: number): BundleEntry[] {
  if (depth > deepest) return []
  const resource = one(part['resource'])
  return [
    ...(resource ? resourcesOf(resource, depth + 1) : []),
    ...many(part['part']).flatMap((inner) => resourcesOfPart(inner, depth + 1))
  ]
}

/** What is inside a resource is named by `#id`. */
export const containedIn = (source: Json): BundleEntry[] =>
  many(source['contained']).flatMap((inner) => {
    const id = word(inner['id'])
    return id === undefined
      ? []
      : [{ type: word(inner['resourceType']) ?? '', id: `#${id}`, fullUrl: undefined, source: inner }]
  })

/** By `#id`, by the entry's URL, or by `Type/id`, also below a base. */
export function namedIn(resources: readonly BundleEntry[]): Named {
  const byName = new Map<string, BundleEntry>()
  for (const entry of resources) {
    const { id, fullUrl, type } = entry
    const names = [fullUrl, id?.startsWith('#') ? id : id && `${type}/${id}`]
    for (const name of names) if (name !== undefined && !byName.has(name)) byName.set(name, entry)
  }
  return (reference) => {
    const found = byName.get(reference)
    if (found) return found
    const path = reference.replace(/\/_history\/[^/]*$/, '')
    const [local = ''] = /[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(path) ?? []
    const entry = byName.get(path) ?? byName.get(local)
    // What has an address of its own is not what has the same id at another.
    const isElsewhere = path !== local && entry?.fullUrl?.startsWith('http') && entry.fullUrl !== path
    return isElsewhere ? undefined : entry
  }
}

type Logical = Pick<Reference, 'type' | 'identifier' | 'display'>

/** In words and by number: what else a message holds is no item of the record. */
export function toLogical(given: unknown, named: Named): Logical | undefined {
  if (!isJson(given)) return undefined
  const reference = word(given['reference'])
  const target = reference === undefined ? undefined : named(reference)
  const display = text(given['display']) ?? (target && nameOf(target.source))
  const identifier = toNumber(one(given['identifier'])) ?? (target && firstNumber(target.source))
  if (display !== undefined || identifier !== undefined) return defined({ identifier, display })
  return reference === undefined ? undefined : { display: reference.slice(0, 200).toWellFormed() }
}

const firstNumber = (source: Json): Identifier | undefined =>
  many(source['identifier'])
    .map(toNumber)
    .find((identifier) => identifier !== undefined)

/** Of somebody else's NHS number nothing is repeated. */
function toNumber(source: Json | undefined): Identifier | undefined {
  const value = text(source?.['value'])
  const system = uri(source?.['system'])
  const isNhs = system === systems.nhsNumber || findNhsNumber(value ?? '') !== undefined
  return value === undefined || isNhs ? undefined : defined({ system, value })
}

/** A person's, a role's or an organisation's name as it is read. */
export function nameOf(source: Json): string | undefined {
  const { name } = source as { name?: unknown }
  if (typeof name === 'string') return text(name)
  const human = one(name)
  const parts = human ? [...texts(human['prefix']), ...texts(human['given']), ...texts(human['family'])] : []
  const whole = text(human?.['text']) ?? (parts.length > 0 ? parts.join(' ') : undefined)
  return (
    whole ?? text(one(source['practitioner'])?.['display']) ?? text(one(source['organization'])?.['display'])
  )
}
