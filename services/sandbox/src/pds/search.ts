import { type Bundle, findDateInterval } from '@chesil/fhir'
import { type Person, pdsPatient } from '@chesil/synthetic'
import type { PersonState } from '../world/world.ts'
import { type PdsRefusal, tooManyMatches } from './refusal.ts'

type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** One parameter's rule about a person. */
type Criterion = (person: Person) => boolean

interface Search {
  readonly criteria: readonly Criterion[]
  /** Whether it asks by where somebody lives or whom they go to: that finds nobody who is restricted. */
  readonly byWhereabouts: boolean
  readonly isFuzzy: boolean
}

/**
 * Answers `GET Patient?…`.
 *
 * @param maxMatches How many an application without a user at the screen may be shown: one.
 * @param baseUrl FHIR root of PDS.
 */
export function searchPatients(
  query: Query,
  people: readonly PersonState[],
  {
    maxMatches,
    baseUrl,
    now
  }: { readonly maxMatches: number; readonly baseUrl: string; readonly now: number }
): object | PdsRefusal {
  const search = readSearch(query)
  if ('code' in search) return search
  const limit = readLimit(query['_max-results'], maxMatches)
  if (typeof limit !== 'number') return limit
  const found = people.filter((state) => isFound(state, search))
  if (found.length > limit) return tooManyMatches
  const entry = found.map(({ person, confidentiality, version }) => ({
    fullUrl: `${baseUrl}/Patient/${person.nhsNumber}`,
    search: { score: search.isFuzzy ? 0.85 : 1 },
    resource: pdsPatient(person, { confidentiality, version })
  }))
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    timestamp: new Date(now).toISOString(),
    total: found.length,
    ...(entry.length > 0 && { entry })
  }
  return bundle
}

/** Nobody finds the very restricted, and by whereabouts nobody finds the restricted. */
function isFound({ person, confidentiality, invalidated }: PersonState, search: Search): boolean {
  if (invalidated || confidentiality === 'V' || confidentiality === 'REDACTED') return false
  if (confidentiality === 'R' && search.byWhereabouts) return false
  return search.criteria.every((criterion) => criterion(person))
}

const whereabouts = new Set(['address-postalcode', 'general-practitioner', 'email', 'phone'])
/** Names are compared exactly in any case, and nobody has a history: two of these change nothing. */
const flags = new Set(['_fuzzy-match', '_exact-match', '_history', '_max-results'])

function readSearch(query: Query): Search | PdsRefusal {
  const isFuzzy = query['_fuzzy-match'] === 'true'
  const missing = ['family', 'birthdate'].find((name) => query[name] === undefined)
  if (missing !== undefined) {
    return { code: 'MISSING_VALUE', diagnostics: `Not enough search parameters: ${missing} is missing` }
  }
  const criteria: Criterion[] = []
  for (const [name, values] of Object.entries(query)) {
    if (flags.has(name)) continue
    const toCriterion = criterionByParameter.get(name)
    if (!toCriterion) return { code: 'INVALID_SEARCH_DATA', diagnostics: `Invalid search parameter ${name}` }
    for (const value of [values ?? []].flat()) {
      const criterion = toCriterion(value, isFuzzy)
      if (!criterion) return { code: 'INVALID_VALUE', diagnostics: `Invalid value of ${name}` }
      criteria.push(criterion)
    }
  }
  return { criteria, byWhereabouts: Object.keys(query).some((name) => whereabouts.has(name)), isFuzzy }
}

function readLimit(value: Query[string], maxMatches: number): number | PdsRefusal {
  if (value === undefined) return maxMatches
  const limit = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (limit >= 1 && limit <= maxMatches) return limit
  return { code: 'INVALID_VALUE', diagnostics: `_max-results has to be 1 to ${maxMatches}` }
}

/** @returns `undefined` for a value that the parameter cannot have. */
type ToCriterion = (value: string, isFuzzy: boolean) => Criterion | undefined

const criterionByParameter: ReadonlyMap<string, ToCriterion> = new Map([
  ['family', (value, isFuzzy) => named(value, isFuzzy ? 3 : undefined, ({ name }) => [name.family])],
  ['given', (value, isFuzzy) => named(value, isFuzzy ? 1 : undefined, ({ name }) => name.given)],
  [
    'gender',
    (value) => (/^(female|male|other|unknown)$/.test(value) ? ({ gender }) => gender === value : undefined)
  ],
  ['birthdate', (value) => dated(value, ({ birthDate }) => birthDate)],
  ['death-date', (value) => dated(value, ({ deathDate }) => deathDate)],
  [
    'address-postalcode',
    (value) =>
      named(withoutSpaces(value), undefined, ({ address }) => [withoutSpaces(address?.postalCode ?? '')])
  ],
  ['general-practitioner', (value) => named(value, undefined, ({ practice }) => [practice])],
  ['email', (value) => named(value, undefined, ({ email }) => [email ?? ''])],
  [
    'phone',
    (value) => named(withoutSpaces(value), undefined, ({ telephone }) => [withoutSpaces(telephone ?? '')])
  ]
] satisfies [string, ToCriterion][])

const withoutSpaces = (text: string): string => text.replaceAll(' ', '')

/**
 * Compares text without regard to case. A star stands for anything, after two letters at least.
 *
 * @param initials How many letters are enough; default all.
 */
function named(
  value: string,
  initials: number | undefined,
  read: (person: Person) => readonly string[]
): Criterion | undefined {
  const wanted = value.trim().toLowerCase()
  const [beginning = ''] = wanted.split('*')
  if (wanted === '' || (wanted.includes('*') && beginning.length < 2)) return undefined
  const fits = (text: string): boolean => {
    if (initials !== undefined) return text.startsWith(wanted.slice(0, initials))
    return wanted.includes('*')
      ? text.startsWith(beginning) && text.endsWith(wanted.split('*').at(-1) ?? '')
      : text === wanted
  }
  return (person) => read(person).some((text) => fits(text.toLowerCase()))
}

/** @param value A day, or the first or last of several, as `eq`, `ge` and `le` have it. */
function dated(value: string, read: (person: Person) => string | undefined): Criterion | undefined {
  const [, prefix = 'eq', day = ''] = /^(eq|ge|le)?(\d{4}-\d{2}-\d{2})$/.exec(value) ?? []
  if (!findDateInterval(day)) return undefined
  return (person) => {
    const date = read(person)
    if (date === undefined) return false
    if (prefix === 'ge') return date >= day
    return prefix === 'le' ? date <= day : date === day
  }
}
