import { targetOf } from '../fhir-r4/subject.ts'
import { isJson, type Json, many, one, text, texts, word } from '../json.ts'
import type { FhirPush, PushedItem } from './items.ts'

/**
 * A resource with the names of who and what stands around it: staff and places become no items, so that what refers to
 * them has to say who they are. And with one way of naming its person.
 */
export function withNames({ entry, person, subjects }: PushedItem, push: FhirPush): Json {
  const names = namesBeside(push)
  const patient = person?.named.fullUrl ?? `Patient/${person?.named.id}`
  const rename = (value: unknown, depth: number): unknown => {
    if (depth > deepest) return value
    if (Array.isArray(value)) return value.map((one) => rename(one, depth + 1))
    if (!isJson(value)) return value
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rename(one, depth + 1)]))
    return subjects.has(value) ? { ...inner, reference: patient } : { ...displayOf(value), ...inner }
  }
  const displayOf = (value: Json): Json => {
    const reference = word(value['reference'])
    const target = reference === undefined ? undefined : targetOf(reference, push.bases)
    const display = names.get(reference ?? '') ?? names.get(`${target?.type}/${target?.id}`)
    return display === undefined ? {} : { display }
  }
  return rename(entry.source ?? {}, 0) as Json
}

/** Deeper than any resource; what is deeper is kept out as it is mapped. */
const deepest = 64

/** By fullUrl, and as `Organization/o1`. */
const namesBeside = ({ beside }: FhirPush): ReadonlyMap<string, string> =>
  new Map(
    beside.flatMap(({ type, id, fullUrl, source }) => {
      const name = source && nameOf(source)
      if (name === undefined) return []
      return [[`${type}/${id}`, name] as const, ...(fullUrl === undefined ? [] : [[fullUrl, name] as const])]
    })
  )

/** Of an organisation or place, a person, or a product. */
function nameOf(source: Json): string | undefined {
  const human = one(source['name'])
  if (!human) return text(source['name']) ?? textOf(source['code'])
  return (
    text(human['text']) ??
    ([...texts(human['prefix']), ...texts(human['given']), ...texts(human['family'])].join(' ') || undefined)
  )
}

function textOf(concept: unknown): string | undefined {
  const given = one(concept)
  return text(given?.['text']) ?? many(given?.['coding']).flatMap(({ display }) => text(display) ?? [])[0]
}
