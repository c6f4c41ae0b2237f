import type { Static, TObject } from 'typebox'
import Value from 'typebox/value'
import { readTextFile } from './json-file.ts'
import { type Reason, reasonsWhyNot } from './reasons.ts'

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

/** A setting by its name, with what it is for. */
function withMeaning({ properties }: TObject, { place, what }: Reason): string {
  const name = place.slice(1)
  const { description } = (properties[name] ?? {}) as { description?: string }
  return description === undefined ? `${name} ${what}` : `${name} ${what} (${description})`
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
