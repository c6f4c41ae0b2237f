import { readFileSync } from 'node:fs'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import { reasonsWhyNot, reasonText } from './reasons.ts'

/**
 * Reads and checks a JSON file, such as the table of sensitive codes.
 *
 * @throws Error naming the file and every place in it that is wrong, never what stands there.
 */
export function loadJsonFile<Schema extends TSchema>(schema: Schema, path: string): Static<Schema> {
  const content = Value.Default(schema, readJsonFile(path))
  refuseFile(path, reasonsWhyNot(schema, content).map(reasonText))
  return content as Static<Schema>
}

/** @throws Error naming the file and what is wrong with it, a line each; none when nothing is. */
export function refuseFile(path: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`${path} is not valid:\n  ${wrong.join('\n  ')}`)
}

/** @throws Error naming the file, never what stands in it. */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readTextFile(path))
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is not JSON`)
    throw error
  }
}

/** @throws Error naming the file. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
  }
}
