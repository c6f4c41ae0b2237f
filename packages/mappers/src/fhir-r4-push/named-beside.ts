import { targetOf } from '../fhir-r4/subject.ts'
import { isJson, type Json, many, one, text, texts, word } from '../json.ts'
import type { FhirPush, PushedItem } from './items.ts'

/**
 * A resource by itself: what it refers to is called by its type and id, and not by a name that only its Bundle knows.
 * Staff and places become no items, so that what refers to them says who they are. There is one way to name the person.
 */
export function createNaming(push: FhirPush): (item: PushedItem) => Json {
  const names = namesBeside(push)
  const namedBy = new Map(
    [...push.items.map(({ entry }) => entry), ...push.beside].flatMap(({ type, id, fullUrl }) =>
      fullUrl === undefined ? [] : [[fullUrl, `${type}/${id}`] as const]
    )
  )
  const referenceOf = (value: Json): Json => {
    const given = word(value['reference'])
    if (given === undefined) return {}
    const reference = namedBy.get(given) ?? given
    const target = targetOf(reference, push.bases)
    const display = text(value['display']) ?? names.get(`${target?.type}/${target?.id}`)
    return display === undefined ? { reference } : { reference, display }
  }
  return ({ entry, person, subjects }) => {
    const patient = person?.named.fullUrl ?? `Patient/${person?.named.id}`
    const rename = (value: unknown, depth: number): unknown => {
      if (depth > deepest) return value
      if (Array.isArray(value)) return value.map((one) => rename(one, depth + 1))
      if (!isJson(value)) return value
      const inner = Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, rename(one, depth + 1)])
      )
      return subjects.has(value) ? { ...inner, reference: patient } : { ...inner, ...referenceOf(value) }
    }
    return rename(entry.source ?? {}, 0) as Json
  }
}

/** Deeper than any resource; what is deeper is kept out as it is mapped. */
const deepest = 64

/** By e.g. `Organization/o1`. */
const namesBeside = ({ beside }: FhirPush): ReadonlyMap<string, string> =>
  new Map(
    beside.flatMap(({ type, id, source }) => {
      const name = source && nameOf(source)
      return name === undefined ? [] : [[`${type}/${id}`, name] as const]
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
