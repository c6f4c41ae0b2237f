import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type NhsNumber, parseNhsNumber } from '@chesil/fhir'
import type { GpConnectContext } from '../src/index.ts'
import { asking, type Loose, nhsNumber } from './asking.ts'

/** Published records of synthetic patients. They are other people's, and stay where they are. */
const folder = path.resolve(import.meta.dirname, '../../../../shared/data')

export const areHere = existsSync(folder)
export const orSkip =
  'these tests read records from ../shared/data, and are skipped where that folder is absent'

/** A file of `../shared/data`, also a gzipped one. */
export function readData(...file: readonly string[]): Loose {
  const bytes = readFileSync(path.join(folder, ...file))
  return JSON.parse((file.at(-1)?.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

/** The JSON files of a folder of GP Connect records. */
export const filesIn = (name: string): string[] =>
  areHere
    ? readdirSync(path.join(folder, 'gp-connect', name)).filter((file) => /\.json(\.gz)?$/.test(file))
    : []

/** The entries are resources themselves in one sample. */
export const resourcesIn = (record: Loose): Loose[] =>
  (record['entry'] ?? []).map((entry: Loose) => entry['resource'] ?? entry)

/**
 * A record and the person it is about, as PDS would know them. Where the published file has a number that
 * is nobody's, or a template in its place, it gets the one of its file name, else a valid one.
 */
export function readRecord(kind: string, file: string): { record: Loose; context: GpConnectContext } {
  const record = readData('gp-connect', kind, file)
  const named = /^(\d{10})_/.exec(file)?.[1]
  const number = named === undefined ? nhsNumber : parseNhsNumber(named)
  for (const resource of resourcesIn(record)) putNumber(resource, number)
  const patient = resourcesIn(record).find((resource) => resource['resourceType'] === 'Patient')
  const [name] = patient?.['name'] ?? []
  const person = {
    nhsNumbers: [number],
    ...(patient?.['birthDate'] && { birthDate: patient['birthDate'] }),
    ...(name?.family && { family: name.family }),
    ...(name?.given && { given: name.given })
  }
  return { record, context: asking({ person, asAt: '2021-06-02T10:00:00.000Z' }) }
}

function putNumber(resource: Loose, number: NhsNumber): void {
  const identifiers = resource['resourceType'] === 'Patient' ? (resource['identifier'] ?? []) : []
  const subject = resource['subject']?.identifier
  for (const identifier of [...identifiers, ...(subject ? [subject] : [])]) {
    if (/nhs-number$/.test(identifier.system)) identifier.value = number
  }
}
