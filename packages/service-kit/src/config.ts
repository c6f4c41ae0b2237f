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
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const settings = Value.Convert(schema, Value.Clean(schema, Value.Default(schema, given)))
  const reasons = reasonsWhyNot(schema, settings)
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
  if (reasons.length > 0) throw new Error(`${path} is not valid:\n  ${reasons.join('\n  ')}`)
  return content as Static<Schema>
}

/**
 * Looks up a secret that a setting names: `env:NAME` or `file:/path`.
 *
 * @throws Error naming the reference, never the secret.
 */
export function readSecret(reference: string, env: Environment): string {
  const [scheme, name] = splitOnce(reference, ':')
  const secret = scheme === 'env' ? env[name] : scheme === 'file' ? readTextFile(name) : undefined
  if (!secret) throw new Error(`The secret ${reference} is missing or empty`)
  return secret.trim()
}

function reasonsWhyNot(schema: TSchema, value: unknown): string[] {
  return [...Value.Errors(schema, value)].map(
    (error) => `${error.instancePath || '(settings)'} ${error.message}`
  )
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
