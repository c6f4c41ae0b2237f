import { type CodeableConcept, systems } from '@chesil/fhir'
import closeCodes from './close-codes.json' with { type: 'json' }

export type CloseCodes = ReadonlyMap<string, string>

const icd10: CloseCodes = new Map(Object.entries(closeCodes.icd10))
const read: CloseCodes = new Map(Object.entries(closeCodes.read))
/** A code that says nearly the same → the one it is compared as. Our own few: no licensed map is in hand. */
export const closeProblems: CloseCodes = new Map(Object.entries(closeCodes.problems))
/** An allergy to a substance → the substance. */
export const closeAllergies: CloseCodes = new Map(Object.entries(closeCodes.allergies))

const snomedIds: ReadonlySet<string> = new Set([systems.snomed, systems.dmd])
const icdSystem = /^http:\/\/hl7\.org\/fhir\/sid\/icd-10(-uk)?$/
const readSystem = /^http:\/\/read\.info\/(readv2|ctv3)$/

/**
 * Codes that say of many things the same: what was lost in a transfer between practices (the words beside them are all
 * there is), classes such as “drug allergy”, and that there is none. Nobody is one with another by these.
 */
const vague: ReadonlySet<string> = new Set(closeCodes.vague)
const degradedInTransfer = /^1964\d1000000\d{3}$/

export const isVague = (snomedId: string): boolean => vague.has(snomedId) || degradedInTransfer.test(snomedId)

/** SNOMED CT and dm+d share their ids, whichever system a source writes. */
export const snomedIdsOf = (concept: CodeableConcept | undefined): ReadonlySet<string> =>
  new Set(
    (concept?.coding ?? []).flatMap(({ system, code }) =>
      system !== undefined && snomedIds.has(system) && code !== undefined && !isVague(code) ? [code] : []
    )
  )

/** What a concept is compared by: none without a coding that has a system. */
export function conceptKeys(
  concepts: readonly (CodeableConcept | undefined)[],
  close?: CloseCodes
): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const concept of concepts) {
    for (const { system, code } of concept?.coding ?? []) {
      if (system === undefined || code === undefined) continue
      if (!snomedIds.has(system) || !isVague(code)) keys.add(keyOf(system, code, close))
    }
  }
  return keys
}

function keyOf(system: string, code: string, close: CloseCodes | undefined): string {
  const id = snomedIds.has(system) ? code : mapped(system, code)
  return id === undefined ? `${system}|${code}` : `snomed|${close?.get(id) ?? id}`
}

function mapped(system: string, code: string): string | undefined {
  // `I48.X` of hospitals is I48 and nothing more.
  if (icdSystem.test(system)) return icd10.get(code.toUpperCase().replace(/\.|X$/g, ''))
  return readSystem.test(system) ? read.get(readCode(code)) : undefined
}

/** Five characters, filled up with dots; two more are a term of it. */
const readCode = (code: string): string => (code.length === 7 ? code.slice(0, 5) : code).replace(/\.+$/, '')

/** The words of a concept, each as it is compared. */
export const wordsOf = (concept: CodeableConcept | undefined): ReadonlySet<string> =>
  new Set(
    [concept?.text, ...(concept?.coding ?? []).map(({ display }) => display)].flatMap((text) => {
      const plain = text === undefined ? '' : plainWords(text)
      return plain === '' ? [] : [plain]
    })
  )

export const plainWords = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** As it is written, but for case and blanks: of a value every sign counts. */
export const plainValue = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()

/** “? pulmonary embolism”, “suspected …”: words that leave open whether it is so. */
export const saysDoubt = (concept: CodeableConcept | undefined): boolean =>
  [concept?.text, ...(concept?.coding ?? []).map(({ display }) => display)].some(
    (text) => text !== undefined && doubt.test(text)
  )

const doubt =
  /\?|\b(query|queried|suspected|possible|possibly|probable|probably|likely|rule out|r\/o|differential|working diagnosis)\b/i

/** Called for every pair, and several times as fast as `isDisjointFrom` on sets of one or two. */
export function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const one of a) if (b.has(one)) return true
  return false
}

/** Both name something, and nothing in common. */
export const contradicts = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size > 0 && b.size > 0 && !intersects(a, b)

export const isEither = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.isSubsetOf(b) || b.isSubsetOf(a)
