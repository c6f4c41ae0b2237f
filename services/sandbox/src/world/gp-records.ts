import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { findNhsNumber, type NhsNumber, systems } from '@chesil/fhir'
import {
  createRandom,
  nameOf,
  type Practice,
  practiceAt,
  type Stu3Bundle,
  testNumber
} from '@chesil/synthetic'

/** One file of a folder of GP Connect records. */
export interface GpRecordFile {
  readonly file: string
  readonly nhsNumber: NhsNumber
  /** What is served, with the person's number in it. */
  readonly text: string
  readonly bundle: Stu3Bundle
}

/** Stands for the person in published test records: it fails the check digit. */
const placeholderNumber = '1234567890'
const placeholderToken = `{{jsonPath request.body '$.parameter[0].valueIdentifier.value'}}`

/**
 * Reads `*.json` and `*.json.gz`. Each record belongs to the NHS number that its file name begins with, else to
 * its own if that is valid, else to a test number drawn from the file's name; where two claim one number, the
 * second is left out.
 *
 * @returns the records in order of their names, and the names of files that are not served.
 * @throws Error when the folder cannot be read.
 */
export function readGpRecords(folder: string): {
  records: readonly GpRecordFile[]
  leftOut: readonly string[]
} {
  const files = readdirSync(folder).filter((file) => /\.json(\.gz)?$/.test(file))
  const taken = new Map<NhsNumber, GpRecordFile>()
  const leftOut: string[] = []
  for (const file of files.sort()) {
    const text = readText(join(folder, file))
    const bundle = parseBundle(text)
    const nhsNumber = bundle && numberOf(file, bundle)
    if (!nhsNumber || taken.has(nhsNumber)) leftOut.push(file)
    else taken.set(nhsNumber, { file, nhsNumber, bundle, text: withNumber(text, nhsNumber) })
  }
  return { records: [...taken.values()], leftOut }
}

function readText(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** @returns `undefined` for what is no Bundle: no practice could have answered so. */
function parseBundle(text: string): Stu3Bundle | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<Stu3Bundle> | null
    return parsed?.resourceType === 'Bundle' && Array.isArray(parsed.entry)
      ? (parsed as Stu3Bundle)
      : undefined
  } catch {
    return undefined
  }
}

function numberOf(file: string, bundle: Stu3Bundle): NhsNumber {
  const patients = bundle.entry
    .map(({ resource }) => resource)
    .filter((resource) => resource?.resourceType === 'Patient')
  const identifiers = patients.flatMap((patient) => (patient['identifier'] as Identifier[] | undefined) ?? [])
  const own = identifiers.find(({ system }) => system === systems.nhsNumber)?.value
  return findNhsNumber(/^\d{10}(?!\d)/.exec(file)?.[0] ?? '') ?? findNhsNumber(own ?? '') ?? drawnNumber(file)
}

interface Identifier {
  readonly system?: string
  readonly value?: string
}

function drawnNumber(file: string): NhsNumber {
  const random = createRandom(`file ${file}`)
  for (;;) {
    const number = testNumber(random.integer(0, 999_999))
    if (number) return number
  }
}

const withNumber = (text: string, nhsNumber: NhsNumber): string =>
  text.replaceAll(placeholderToken, nhsNumber).replaceAll(`"${placeholderNumber}"`, `"${nhsNumber}"`)

/** These a practice's patients share; of everything else no two of them have the same id. */
const shared = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'Medication'
])

/**
 * Gives each record a practice none of whose other records has an id of it. The published test records reuse
 * ids, which no practice does.
 */
export function assignPractices(records: readonly GpRecordFile[]): ReadonlyMap<NhsNumber, Practice> {
  const practices: { readonly practice: Practice; readonly names: Set<string> }[] = []
  const assigned = new Map<NhsNumber, Practice>()
  for (const { nhsNumber, bundle } of records) {
    const names = ownNames(bundle)
    let found = practices.find((other) => other.names.isDisjointFrom(names))
    if (!found) {
      found = { practice: { ...practiceAt(practices.length), retention: 'store' }, names: new Set() }
      practices.push(found)
    }
    for (const name of names) found.names.add(name)
    assigned.set(nhsNumber, found.practice)
  }
  return assigned
}

function ownNames(bundle: Stu3Bundle): Set<string> {
  const resources = bundle.entry.flatMap(({ resource }) => resource ?? [])
  return new Set(resources.filter(({ id, resourceType }) => id && !shared.has(resourceType)).map(nameOf))
}
