import { type Json, many, one, text, uri, word } from '../json.ts'
import type { Itk3Message } from './message.ts'

const uuid = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** A UUID needs no system, and is written in both cases. */
function nameOf(identifier: Json | undefined): string | undefined {
  const value = text(identifier?.['value'])
  if (value === undefined) return undefined
  const [, bare] = uuid.exec(value) ?? []
  const system = uri(identifier?.['system'])
  return (bare?.toLowerCase() ?? (system === undefined ? value : `${system}|${value}`)).replaceAll(/\s/g, ' ')
}

/** What the document is called through all its issues: its set id, `Composition.identifier`. */
export const documentName = ({ composition, document, headerId }: Itk3Message): string =>
  nameOf(one(composition?.source['identifier'])) ??
  nameOf(one(document['identifier'])) ??
  composition?.id?.toLowerCase() ??
  headerId ??
  ''

/** Names of the other documents that this one takes the place of; not of earlier issues of its own. */
export function replacedNames(message: Itk3Message): string[] {
  const own = new Set([documentName(message), nameOf(one(message.document['identifier']))])
  const named = many(message.composition?.source['relatesTo'])
    .filter((relation) => word(relation['code']) === 'replaces')
    .flatMap(
      (relation) =>
        nameOf(one(relation['targetIdentifier'])) ?? nameOf(targetOf(relation['targetReference'])) ?? []
    )
  return [...new Set(named)].filter((name) => !own.has(name))
}

/** A reference to a document that is not in the message names it, where it is a UUID. */
function targetOf(value: unknown): Json | undefined {
  const reference = word(one(value)?.['reference'])
  const isName = reference !== undefined && uuid.test(reference)
  return isName ? { value: reference } : one(one(value)?.['identifier'])
}

/** Of the record's part that a document is: see `wholeParts` of a contribution. */
export const partOf = (documentName: string): string => `document/${documentName}`
