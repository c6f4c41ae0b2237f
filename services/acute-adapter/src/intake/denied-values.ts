import type { DenyList } from '@chesil/contracts'
import defaults from './default-treatment-functions.json' with { type: 'json' }

/** What a message says that a deny-list may speak of; each value as it is written, or as it is read. */
export interface DoorTraits {
  readonly treatmentFunctions: readonly string[]
  readonly locations: readonly string[]
  readonly documentTypes: readonly string[]
  /** Names in words: of clinics, specialties and documents. */
  readonly names: readonly string[]
}

/** Whether any of this is what a source does not share, see `refuse` in the catalogue. */
export function createDenial(refuse: DenyList = {}): (traits: DoorTraits) => boolean {
  const functions = toSet(refuse.treatmentFunctions ?? Object.keys(defaults.codes))
  const locations = toSet(refuse.locations)
  const documentTypes = toSet(refuse.documentTypes)
  const names = refuse.words === undefined ? toSet(defaults.names) : toSet([])
  const words = toPattern(refuse.words ?? defaults.words)
  return (traits) =>
    meets(functions, traits.treatmentFunctions) ||
    meets(locations, traits.locations) ||
    meets(documentTypes, traits.documentTypes) ||
    meets(names, traits.names) ||
    (words !== undefined && traits.names.some((name) => words.test(name)))
}

const fold = (value: string): string => value.trim().toLowerCase()
const toSet = (values: readonly string[] = []): ReadonlySet<string> => new Set(values.map(fold))
const meets = (denied: ReadonlySet<string>, values: readonly string[]): boolean =>
  denied.size > 0 && values.some((value) => denied.has(fold(value)))

/** Whole words, however they are parted: `Genito-Urinary  Medicine`. */
function toPattern(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined
  const patterns = words.map((one) =>
    one
      .trim()
      .split(/[\s_-]+/)
      .map((word) => word.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'))
      .join('[\\s_-]+')
  )
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${patterns.join('|')})(?![\\p{L}\\p{N}])`, 'iu')
}
