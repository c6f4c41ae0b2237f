import { isJson, type Json, many, text, word } from './elements/json.ts'
import type { Entry } from './entries.ts'
import { contentOf, fingerprint } from './fingerprint.ts'
import { warningCodesOf } from './warnings.ts'

/**
 * What each entry is called at its source: the same name at every pull, whatever the order of the answer.
 *
 * `Type/id` names a clinical item. A list, a practitioner, a place or a product has an id that occurs in
 * many persons' answers, and an item has one owner: the source's id of the person goes before it. What has
 * no id is named after what it is, a list after its purpose.
 */
export function nameEntries(entries: readonly Entry[], patientSourceId: string): ReadonlyMap<Entry, string> {
  const names = new Map<Entry, string>()
  const listNames = nameLists(entries.filter((entry) => entry.type === 'List' && entry.id === undefined))
  for (const entry of entries) {
    const id = entry.id ?? listNames.get(entry) ?? `~${fingerprint(contentOf(entry.source))}`
    const container = entry.container && names.get(entry.container)
    const owner = isLocal(entry) ? `${patientSourceId}|` : ''
    names.set(entry, container === undefined ? `${owner}${entry.type}/${id}` : `${container}#${id}`)
  }
  return names
}

const isLocal = ({ id, kind }: Entry): boolean =>
  id === undefined || kind?.role === 'shared' || kind?.role === 'list'

/**
 * By code, encounter and warnings: the list of data awaiting filing has the code of its section too. Where
 * that is not enough, by title as well, and then by everything it says.
 */
function nameLists(lists: readonly Entry[]): Map<Entry, string> {
  const names = new Map<Entry, string>()
  for (const alike of Map.groupBy(lists, ({ source }) => purposeOf(source)).values()) {
    if (isAlone(alike)) setNames(names, alike, ({ source }) => purposeOf(source))
    else nameAlike(names, alike)
  }
  return names
}

function nameAlike(names: Map<Entry, string>, lists: readonly Entry[]): void {
  const titled = ({ source }: Entry) => `${purposeOf(source)}~${fingerprint(text(source['title']) ?? '')}`
  for (const alike of Map.groupBy(lists, titled).values()) {
    if (isAlone(alike)) setNames(names, alike, titled)
    else setNames(names, alike, (entry) => `${titled(entry)}~${fingerprint(contentOf(entry.source))}`)
  }
}

const isAlone = (entries: readonly Entry[]): boolean =>
  entries.length === 1 || new Set(entries.map(({ source }) => contentOf(source))).size === 1

function setNames(
  names: Map<Entry, string>,
  entries: readonly Entry[],
  name: (entry: Entry) => string
): void {
  for (const entry of entries) names.set(entry, name(entry))
}

const plain = (value: string): string => (/^[\w.-]{1,80}$/.test(value) ? value : fingerprint(value))

function purposeOf(list: Json): string {
  const code = isJson(list['code']) ? list['code'] : {}
  const codes = many(code['coding']).flatMap((coding) => word(coding['code']) ?? [])
  const encounter = many(list['encounter']).flatMap((reference) => word(reference['reference']) ?? [])
  return ['', ...[...codes, ...encounter, ...warningCodesOf(list)].map(plain)].join('~')
}
