import { contentOf, fingerprint } from '../fingerprint.ts'
import { many, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { withoutDuplicates } from '../stu3/duplicates.ts'
import { dayOf } from '../stu3/elements/dates.ts'
import type { Entry } from '../stu3/entries.ts'
import type { Answer, Item, Withheld } from '../stu3/item.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import { findWithheld, type Person, strangersIn } from '../stu3/subject.ts'
import type { BundleEntry } from './bundle-entries.ts'
import { carriers, kinds } from './kinds.ts'

export interface Reading {
  readonly entries: readonly BundleEntry[]
  readonly patient: BundleEntry
  /** Chesil's id of the person. */
  readonly personId: string
  /** Goes before the name of each item: a sender may use an id again in its next document. */
  readonly documentName: string
  readonly context: MessageContext
}

/** What of a message may become items of the person's record, in the terms of the common STU3 mappers. */
export function readItems({ entries, patient, personId, documentName, context }: Reading): Answer {
  const { source, receivedAt, resourceId } = context
  const person: Person = {
    sourceId: patient.id ?? '',
    fullUrl: patient.fullUrl,
    findBase: () => undefined,
    nhsNumbers: new Set(nhsNumbersIn(patient.source['identifier']))
  }
  const found = entries.filter((entry) => isOfRecord(entry, patient)).flatMap((entry) => toEntries(entry))
  const items: Item[] = []
  const named = new Map<string, Item | undefined>()
  const answer: Answer = {
    context: { source, patientId: personId, resourceId },
    person,
    strangers: strangersIn(found, person),
    asAtDay: dayOf(receivedAt) ?? receivedAt.slice(0, 10),
    items,
    named,
    endedAllergies: new Set(),
    lastIssues: new Map()
  }
  for (const { item, keys } of toItems(found, documentName, answer)) {
    items.push(item)
    for (const key of keys) if (!named.has(key)) named.set(key, item)
  }
  return answer
}

/** Of a type that is not known here, only what is about somebody: a reader has to know that there is more. */
function isOfRecord(entry: BundleEntry, patient: BundleEntry): boolean {
  if (carriers.has(entry.type)) return false
  if (entry.type === 'Patient') return entry === patient
  return kinds.has(entry.type) || ['subject', 'patient'].some((name) => entry.source[name] !== undefined)
}

function toEntries({ type, id, fullUrl, source }: BundleEntry): Entry[] {
  const entry: Entry = { type, kind: kinds.get(type), id, fullUrl, source, container: undefined }
  const inside = many(source['contained']).filter(({ resourceType }) => resourceType !== 'Patient')
  return [
    entry,
    ...inside.map((contained): Entry => {
      const innerType = word(contained['resourceType']) ?? 'Resource'
      const kind = kinds.get(innerType)
      return {
        type: innerType,
        kind,
        id: word(contained['id']),
        fullUrl: undefined,
        source: contained,
        container: entry
      }
    })
  ]
}

interface Candidate {
  readonly entry: Entry
  readonly source: Entry['source']
  readonly name: string
  readonly isShared: boolean
  readonly withheld: Withheld | undefined
}

interface Filed {
  readonly item: Item
  readonly keys: readonly string[]
}

function toItems(entries: readonly Entry[], documentName: string, answer: Answer): Filed[] {
  const names = new Map<Entry, string>()
  const candidates = entries.map((entry): Candidate => {
    const id = entry.id?.replaceAll(/\s/g, ' ') ?? `~${fingerprint(contentOf(entry.source))}`
    const container = entry.container && names.get(entry.container)
    const name = container === undefined ? `${documentName}|${entry.type}/${id}` : `${container}#${id}`
    names.set(entry, name)
    const withheld = findWithheld(entry, answer.person, entry.container !== undefined)
    // What is kept out never takes the place of what is not.
    return {
      entry,
      source: entry.source,
      name: withheld ? `!${name}` : name,
      isShared: isShared(entry),
      withheld
    }
  })
  const itemOf = new Map<Entry, Item>()
  return withoutDuplicates(candidates, new Set()).flatMap(({ entry: candidate, name, isRenamed }) => {
    const { entry } = candidate
    const container = entry.container && itemOf.get(entry.container)
    if (entry.container && container === undefined) return []
    const item = toItem(candidate, { name: name.replace(/^!/, ''), isRenamed, container, answer })
    itemOf.set(entry, item)
    return [{ item, keys: keysOf(entry, item) }]
  })
}

const isShared = ({ kind }: Entry): boolean => kind?.role === 'shared'

function toItem(
  { entry, withheld }: Candidate,
  {
    name,
    isRenamed,
    container,
    answer
  }: { name: string; isRenamed: boolean; container: Item | undefined; answer: Answer }
): Item {
  const { type, kind, source } = entry
  const id = entry.id?.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 64)
  return {
    type,
    source,
    answer,
    kind,
    sourceResourceId: name,
    id: container ? (id ?? 'contained') : answer.context.resourceId(kind?.r4Type ?? type, name),
    container,
    inside: container !== undefined,
    withheld,
    unread: isRenamed ? ['Its source uses the same identifier for another item'] : [],
    links: [],
    insiders: new Set(),
    sections: 0
  }
}

function keysOf({ type, id, fullUrl }: Entry, item: Item): string[] {
  if (item.container) return [`${item.container.sourceResourceId}#${id}`]
  return [...(id === undefined ? [] : [`${type}/${id}`, id]), ...(fullUrl === undefined ? [] : [fullUrl])]
}
