import { readFileSync } from 'node:fs'
import type { Static, TObject, TSchema } from 'typebox'
import Value from 'typebox/value'

export type Environment = Record<string, string | undefined>

/**
 * Reads and checks all settings at once, so that a bad deployment fails on its first line and names
 * every setting that is wrong.
 *
 * @param env Usually `process.env`; unknown variables are ignored, empty ones count as not set.
 * @throws Error listing setting names and reasons, never values (they may be secrets).
 */
export function loadConfig<Schema extends TObject>(schema: Schema, env: Environment): Static<Schema> {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value ? [[name, toNumber(schema, name, value)]] : []))
  )
  const settings = Value.Clean(schema, Value.Default(schema, given))
  const reasons = reasonsWhyNot(schema, settings).map((reason) => withMeaning(schema, reason))
  if (reasons.length > 0) throw new Error(`Invalid configuration:\n  ${reasons.join('\n  ')}`)
  return settings as Static<Schema>
}

/**
 * Reads and checks a JSON file, such as the source catalogue.
 *
 * @throws Error naming the file and every place in it that is wrong, never what stands there.
 */
export function loadJsonFile<Schema extends TSchema>(schema: Schema, path: string): Static<Schema> {
  const content = Value.Default(schema, parseJsonFile(path))
  const reasons = reasonsWhyNot(schema, content)
  if (reasons.length > 0)
    throw new Error(
      `${path} is not valid:\n  ${reasons.map(({ place, what }) => `${place || '(all of it)'} ${what}`).join('\n  ')}`
    )
  return content as Static<Schema>
}

/**
 * Looks up a secret that a setting names: `env:NAME` or `file:/path`.
 *
 * @throws Error naming the reference, never the secret, nor what may be one that was written out.
 */
export function readSecret(reference: string, env: Environment): string {
  const [scheme, name] = splitOnce(reference, ':')
  if (scheme !== 'env' && scheme !== 'file')
    throw new Error('A secret is named, not written out: env:NAME or file:/path')
  const secret = scheme === 'env' ? env[name] : readTextFile(name)
  if (!secret) throw new Error(`The secret ${reference} is missing or empty`)
  return secret.trim()
}

/** Only where a number is wanted and the text is one: `true` is no port, and `1.5` is not rounded. */
function toNumber({ properties }: TObject, name: string, value: string): string | number {
  const { type } = (properties[name] ?? {}) as { type?: string }
  const isNumber = (type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(value)
  return isNumber ? Number(value) : value
}

interface Reason {
  /** `/sources/0/id`; empty for the whole. */
  readonly place: string
  readonly what: string
}

/** One for each thing that is wrong. */
function reasonsWhyNot(schema: TSchema, value: unknown): Reason[] {
  return [...Value.Errors(schema, value)].flatMap((error): Reason[] => {
    const place = error.instancePath
    const each = (names: readonly PropertyKey[], what: string) =>
      names.map((name) => ({ place: `${place}/${String(name)}`, what }))
    if (error.keyword === 'required') return each(error.params.requiredProperties, 'is missing')
    if (error.keyword === 'additionalProperties')
      return each(error.params.additionalProperties, 'is not known here')
    // Said already, by `additionalProperties`.
    if (error.keyword === 'boolean') return []
    if (error.keyword === 'enum')
      return [{ place, what: `must be one of ${error.params.allowedValues.join(', ')}` }]
    return [{ place, what: error.message }]
  })
}

/** A setting by its name, with what it is for. */
function withMeaning({ properties }: TObject, { place, what }: Reason): string {
  const name = place.slice(1)
  const { description } = (properties[name] ?? {}) as { description?: string }
  return description === undefined ? `${name} ${what}` : `${name} ${what} (${description})`
}

function parseJsonFile(path: string): unknown {
  try {
    return JSON.parse(readTextFile(path))
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is not JSON`)
    throw error
  }
}

function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
