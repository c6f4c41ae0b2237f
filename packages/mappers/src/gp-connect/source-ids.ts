import { contentOf, fingerprint } from '../fingerprint.ts'
import { isJson, type Json, many, text, word } from '../json.ts'
import type { Entry } from '../stu3/entries.ts'
import { warningCodesOf } from '../stu3/warnings.ts'

/**
 * What each entry is called at its source: the same name at every pull, whatever the order of the answer.
 *
 * `Type/id` names a clinical item. A list, a practitioner, a place or a product has an id that occurs in
 * many persons' answers, and an item has one owner: the source's id of the person goes before it. What has
 * no id is named after what it is, a list after its purpose. What is contained is named after its container,
 * but for an allergy that a list contains: it is the one that had this id before it ended.
 */
export function nameEntries(entries: readonly Entry[], patientSourceId: string): ReadonlyMap<Entry, string> {
  const names = new Map<Entry, string>()
  const listNames = nameLists(entries.filter((entry) => entry.type === 'List' && entry.id === undefined))
  const movedAllergies = findMovedAllergies(entries)
  for (const entry of entries) {
    const id = onOneLine(entry.id) ?? listNames.get(entry) ?? `~${fingerprint(contentOf(entry.source))}`
    const container = movedAllergies.has(entry) ? undefined : entry.container && names.get(entry.container)
    const owner = isLocal(entry) ? `${patientSourceId}|` : ''
    names.set(entry, container === undefined ? `${owner}${entry.type}/${id}` : `${container}#${id}`)
  }
  return names
}

/** A name is one line, whatever a practice puts into an id: names travel and are kept as lines. */
const onOneLine = (id: string | undefined): string | undefined =>
  id?.replaceAll(/[\t\n\r]/g, (mark) => encodeURIComponent(mark))

const isLocal = ({ id, kind }: Entry): boolean =>
  id === undefined || kind?.role === 'shared' || kind?.role === 'list'

/** Allergies inside a list, of an id that no allergy elsewhere in the answer has. */
function findMovedAllergies(entries: readonly Entry[]): ReadonlySet<Entry> {
  const allergies = entries.filter(({ type, id }) => type === 'AllergyIntolerance' && id !== undefined)
  const alone = [...Map.groupBy(allergies, ({ id }) => id).values()].filter(
    (alike) =>
      alike[0]?.container?.type === 'List' && alike.every((one) => one.container === alike[0]?.container)
  )
  return new Set(alone.flat())
}

/** Gives a name to a list; of several lists that would get one name, each a longer one. */
type Naming = (entry: Entry) => string

/**
 * By code and encounter; a warning that comes or goes leaves the name as it is. Where that is not enough, by
 * the warnings that not all of them have (the list of data awaiting filing has the code of its section too),
 * then by title, and then by everything it says.
 */
function nameLists(lists: readonly Entry[]): Map<Entry, string> {
  const names = new Map<Entry, string>()
  for (const [purpose, alike] of Map.groupBy(lists, ({ source }) => purposeOf(source))) {
    const shared = sharedWarnings(alike)
    const warned: Naming = ({ source }) =>
      [
        purpose,
        ...warningCodesOf(source)
          .filter((code) => !shared.has(code))
          .map(plain)
      ].join('~')
    const titled: Naming = (entry) => `${warned(entry)}~${fingerprint(text(entry.source['title']) ?? '')}`
    const whole: Naming = (entry) => `${titled(entry)}~${fingerprint(contentOf(entry.source))}`
    setNames(names, alike, [() => purpose, warned, titled, whole])
  }
  return names
}

function sharedWarnings(lists: readonly Entry[]): ReadonlySet<string> {
  const [first, ...others] = lists.map(({ source }) => new Set(warningCodesOf(source)))
  return new Set([...(first ?? [])].filter((code) => others.every((codes) => codes.has(code))))
}

/** By the first of the namings that tells those apart which are not copies. */
function setNames(
  names: Map<Entry, string>,
  lists: readonly Entry[],
  [naming, ...longer]: readonly Naming[]
): void {
  if (naming === undefined) return
  for (const [name, alike] of Map.groupBy(lists, naming)) {
    for (const entry of alike) names.set(entry, name)
    if (!isAlone(alike)) setNames(names, alike, longer)
  }
}

const isAlone = (entries: readonly Entry[]): boolean =>
  entries.length === 1 || new Set(entries.map(({ source }) => contentOf(source))).size === 1

const plain = (value: string): string => (/^[\w.-]{1,80}$/.test(value) ? value : fingerprint(value))

function purposeOf(list: Json): string {
  const code = isJson(list['code']) ? list['code'] : {}
  const codes = many(code['coding']).flatMap((coding) => word(coding['code']) ?? [])
  const encounter = many(list['encounter']).flatMap((reference) => word(reference['reference']) ?? [])
  return ['', ...[...codes, ...encounter].map(plain)].join('~')
}
