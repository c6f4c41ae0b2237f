import { ReadingOrganisation, Source, SourceCatalogue } from '@chesil/contracts'
import Type, { type TSchema } from 'typebox'
import Value from 'typebox/value'
import { brokenRules } from './catalogue-rules.ts'
import { readJsonFile, refuseFile } from './json-file.ts'
import { reasonsWhyNot, reasonText } from './reasons.ts'

/**
 * Reads the source catalogue and checks it as a whole.
 *
 * @throws Error naming the file and everything that is wrong with it, a line each.
 */
export function readCatalogue(path: string): SourceCatalogue {
  const content = withDefaults(readJsonFile(path))
  const reasons = [
    ...reasonsWhyNot(Outline, content),
    ...sourcesIn(content).flatMap((source, at) => reasonsWhyNot(schemaOf(source), source, `/sources/${at}`))
  ]
  refuseFile(path, reasons.map(reasonText))
  const catalogue = Value.Parse(SourceCatalogue, content)
  refuseFile(path, brokenRules(catalogue))
  return catalogue
}

/** The catalogue but for its sources: each of these is checked as its own kind, not against every kind in turn. */
const Outline = Type.Object(
  { sources: Type.Array(Type.Unknown()), readingOrganisations: Type.Array(ReadingOrganisation) },
  { additionalProperties: false }
)

const schemaByKind: ReadonlyMap<unknown, TSchema> = new Map(
  Source.anyOf.map((schema) => [schema.properties.kind.const, schema])
)
const OfKnownKind = Type.Object({
  kind: Type.Enum(Source.anyOf.map(({ properties }) => properties.kind.const))
})

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const schemaOf = (source: unknown): TSchema =>
  (isObject(source) && schemaByKind.get(source['kind'])) || OfKnownKind

const sourcesIn = (content: unknown): readonly unknown[] =>
  isObject(content) && Array.isArray(content['sources']) ? content['sources'] : []

function withDefaults(content: unknown): unknown {
  if (!isObject(content) || !Array.isArray(content['sources'])) return content
  return { ...content, sources: content['sources'].map((source) => Value.Default(schemaOf(source), source)) }
}
