import {
  type CodeableConcept,
  type Coding,
  defined,
  type Extension,
  systems,
  ukCoreExtension
} from '@chesil/fhir'
import { each, flag, isJson, type Json, many, one, some, text, uri, word } from '../../json.ts'
import type { Item } from '../item.ts'
import codeSystems from '../tables/code-systems.json' with { type: 'json' }
import { extensionsOf } from './extensions.ts'
import { keepAsText } from './unread.ts'

const renamed: ReadonlyMap<string, string> = new Map(Object.entries(codeSystems))

/**
 * R4 moved the code systems of the base standard to another host; UK Core renamed those of CareConnect.
 *
 * @see https://hl7.org/fhir/R4/terminologies-systems.html
 */
export function toCodeSystem(system: string): string {
  if (system === systems.snomed) return system
  const version2or3 = /^https?:\/\/hl7\.org\/fhir\/(?:stu3\/)?(v[23])\/([\w-]+)(?:\/index\.html)?$/i.exec(
    system
  )
  if (version2or3)
    return `http://terminology.hl7.org/CodeSystem/${version2or3[1]?.toLowerCase()}-${version2or3[2]}`
  return renamed.get(system) ?? system
}

/** @see https://hl7.org/fhir/R4/datatypes.html#code */
const isCode = (value: string): boolean => /^\S+( \S+)*$/.test(value)

/**
 * A code that cannot be one is left out of the coding; its text is kept. Several codings, and which of
 * them the clinician picked, are kept as they are.
 */
export function toCoding(source: Json, label: string, item: Item): Coding | undefined {
  const given = word(source['code'])
  const code = given !== undefined && isCode(given) ? given : undefined
  const system = uri(source['system'])
  if (code === undefined && hasValue(source['code'])) keepAsText(source['code'], `${label} (code)`, item)
  const coding = defined({
    extension: toDescription(source),
    system: system === undefined ? undefined : toCodeSystem(system),
    version: text(source['version']),
    code,
    display: text(source['display']),
    userSelected: flag(source['userSelected'])
  })
  return code === undefined && coding.display === undefined ? undefined : coding
}

const hasValue = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const descriptionNames = ['coding-sctdescid', 'coding-sctdecsid']

/**
 * Which of a concept's terms was recorded. CareConnect has one extension with two parts, UK Core one for each.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/extension-ukcore-codingsctdescdisplay
 */
function toDescription(source: Json): Extension[] | undefined {
  if (source['extension'] === undefined) return undefined
  const found = extensionsOf(source)
  const outer = descriptionNames.flatMap((name) => found.get(name) ?? [])[0]
  if (outer === undefined) return undefined
  const parts = extensionsOf(outer)
  const id = word(parts.get('descriptionid')?.[0]?.['valueId'])
  const display = text(parts.get('descriptiondisplay')?.[0]?.['valueString'])
  const result: Extension[] = []
  if (display !== undefined) {
    result.push({ url: ukCoreExtension('CodingSCTDescDisplay'), valueString: display })
  }
  if (id !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(id)) {
    result.push({ url: 'http://hl7.org/fhir/StructureDefinition/coding-sctdescid', valueId: id })
  }
  return some(result)
}

/** A concept written as a plain string lands as text. */
export function toConcept(value: unknown, label: string, item: Item): CodeableConcept | undefined {
  const source = Array.isArray(value) ? value.find(isJson) : value
  if (!isJson(source)) {
    if (!hasValue(source)) return undefined
    keepAsText(source, label, item)
    const plain = text(source)
    return plain === undefined ? undefined : { text: plain }
  }
  const coding = each(source['coding'], (coding) => toCoding(coding, label, item))
  const words = text(source['text']) ?? (coding === undefined ? unreadableCode(source) : undefined)
  return coding === undefined && words === undefined ? undefined : defined({ coding, text: words })
}

/** When a bad code is all there is, it is the text. */
const unreadableCode = (source: Json): string | undefined => text(one(source['coding'])?.['code'])

export function toConcepts(value: unknown, label: string, item: Item): CodeableConcept[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return some(
    all.map((concept) => toConcept(concept, label, item)).filter((concept) => concept !== undefined)
  )
}

/** For an element that R4 requires: says that there is nothing rather than nothing. */
export function toRequiredConcept(value: unknown, label: string, item: Item): CodeableConcept {
  const found = toConcept(value, label, item)
  if (found) return found
  item.unread.push(`${label} was not recorded`)
  return { text: 'Not recorded' }
}

/** @returns the codes in a concept of the source, or in several, that are of the systems asked for. */
export function codesOf(value: unknown, isOf: (system: string | undefined) => boolean): string[] {
  const codes: string[] = []
  for (const concept of Array.isArray(value) ? value : [value]) {
    if (!isJson(concept)) continue
    for (const coding of many(concept['coding'])) {
      const code = word(coding['code'])
      if (code !== undefined && isOf(uri(coding['system']))) codes.push(code)
    }
  }
  return codes
}

/**
 * Reads a code through the codes that R4 knows, whatever its capitals.
 *
 * @param codes From the source's word to R4's.
 * @param fallback What to say when the source says nothing, or something that is not among `codes`.
 */
export function toCode<T extends string>(
  value: unknown,
  codes: ReadonlyMap<string, T>,
  fallback: T,
  reading: { readonly label: string; readonly item: Item }
): T {
  const found = lookUp(value, codes)
  if (found !== undefined) return found
  if (hasValue(value)) keepAsText(value, reading.label, reading.item)
  else reading.item.unread.push(`${reading.label} was not recorded`)
  return fallback
}

/** Like `toCode`, for an element that may be absent. */
export function findCode<T extends string>(
  value: unknown,
  codes: ReadonlyMap<string, T>,
  reading: { readonly label: string; readonly item: Item }
): T | undefined {
  if (!hasValue(value)) return undefined
  const found = lookUp(value, codes)
  if (found === undefined) keepAsText(value, reading.label, reading.item)
  return found
}

/** As it is written, else in lower case: providers write `Resolved`; some codes of R4 are all capitals. */
function lookUp<T>(value: unknown, codes: ReadonlyMap<string, T>): T | undefined {
  const given = word(value) ?? ''
  return codes.get(given) ?? codes.get(given.toLowerCase())
}

/** Codes that are the same in STU3 and R4. */
export const same = <T extends string>(...codes: readonly T[]): ReadonlyMap<string, T> =>
  new Map(codes.map((code) => [code, code]))
