import Type from 'typebox'
import { loadJsonFile } from './json-file.ts'

const Codes = Type.Record(
  Type.String({ pattern: '^[^\\s]{1,64}$' }),
  Type.String({ pattern: '^[a-z][a-z-]{1,40}$' })
)

/**
 * The codes that make an item sensitive, from the deployment's own file: `{ "<code>": "<label>" }`. The
 * reference sets that name them are licensed and not part of this project.
 *
 * @throws Error naming what is wrong with the file.
 */
export function readSensitiveCodes(path: string | undefined): ReadonlyMap<string, string> {
  return new Map(path === undefined ? [] : Object.entries(loadJsonFile(Codes, path)))
}
