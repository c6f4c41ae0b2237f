import type { RefusalReason } from '@chesil/contracts'
import { isJson, type Json } from '../json.ts'
import { withoutDuplicates } from '../stu3/duplicates.ts'
import { dayOf } from '../stu3/elements/dates.ts'
import { type Entry, readContents } from '../stu3/entries.ts'
import type { Answer, Item, Withheld } from '../stu3/item.ts'
import { differsFromPds, findPerson } from '../stu3/person.ts'
import { findWithheld, type Person, strangersIn } from '../stu3/subject.ts'
import type { GpConnectContext } from './context.ts'
import { endedAllergiesIn } from './ended-allergies.ts'
import { lastIssuesIn } from './medicine-issues.ts'
import { findOwnBase } from './own-base.ts'
import { nameEntries } from './source-ids.ts'

export interface Reading {
  readonly bundle: Json
  readonly answer: Answer
  readonly outcomes: readonly Json[]
  /** The practice knows the person by another name or sex than PDS. */
  readonly differsFromPds: boolean
}

/** @returns `undefined` when the answer is not a Bundle of that type. */
export function findBundle(answer: unknown, type: 'collection' | 'searchset'): Json | undefined {
  return isJson(answer) && answer['resourceType'] === 'Bundle' && answer['type'] === type ? answer : undefined
}

/** Whose answer it is, and what of it may enter the record. */
export function readAnswer(bundle: Json, context: GpConnectContext): Reading | RefusalReason {
  const { entries, outcomes } = readContents(bundle)
  const patient = findPerson(entries, context.person)
  if (typeof patient === 'string') return patient
  const answer = toAnswer(entries, patient, context)
  return { bundle, outcomes, answer, differsFromPds: differsFromPds(patient.source, context.person) }
}

function toAnswer(entries: readonly Entry[], patient: Entry, context: GpConnectContext): Answer {
  const person: Person = {
    sourceId: patient.id ?? '',
    fullUrl: patient.fullUrl,
    findBase: once(() => findOwnBase(entries, patient)),
    nhsNumbers: new Set<string>(context.person.nhsNumbers)
  }
  const candidates = sift(entries, person)
  const hasStrangers = candidates.some(({ withheld }) => withheld?.reason === 'other-subject')
  const items: Item[] = []
  const named = new Map<string, Item | undefined>()
  const endedAllergies = new Set<Item>()
  const lastIssues = new Map<Item, string>()
  const answer: Answer = {
    context,
    person,
    strangers: hasStrangers ? strangersIn(entries, person) : new Set(),
    asAtDay: dayOf(context.asAt) ?? context.asAt.slice(0, 10),
    items,
    named,
    endedAllergies,
    lastIssues
  }
  const filed = toItems(candidates, answer)
  for (const { item } of filed) items.push(item)
  for (const { item, keys } of filed.sort((a, b) => a.rank - b.rank)) {
    for (const key of keys) named.set(key, toNamed(named, key, item))
  }
  for (const allergy of endedAllergiesIn(items)) endedAllergies.add(allergy)
  for (const [plan, day] of lastIssuesIn(items)) lastIssues.set(plan, day)
  return answer
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined
  return () => {
    found ??= { value: find() }
    return found.value
  }
}

/** The first of a type keeps a name that several of the type have; one that several types have is nobody's. */
function toNamed(named: ReadonlyMap<string, Item | undefined>, key: string, item: Item): Item | undefined {
  if (!named.has(key)) return item
  const first = named.get(key)
  return first?.type === item.type ? first : undefined
}

function toItems(candidates: readonly Candidate[], answer: Answer): Filed[] {
  const references = new Set(candidates.map(({ entry }) => `${entry.type}/${entry.id}`))
  const itemOf = new Map<Entry, Item>()
  return withoutDuplicates(candidates, references).flatMap(({ entry: candidate, name, isRenamed }) => {
    const { entry, withheld } = candidate
    const container = entry.container && itemOf.get(entry.container)
    // What a repeated entry contains has been seen with the first.
    if (entry.container && container === undefined) return []
    const item = toItem(candidate, { name, isRenamed, container, answer })
    itemOf.set(entry, item)
    return [{ item, keys: keysOf(entry, item), rank: withheld ? 2 : Number(isRenamed) }]
  })
}

interface Filed {
  readonly item: Item
  readonly keys: readonly string[]
  /** Who answers to a name that several have: the one that kept it, before one renamed, before one kept out. */
  readonly rank: number
}

interface Candidate {
  readonly entry: Entry
  readonly source: Json
  readonly name: string
  readonly isShared: boolean
  readonly isInside: boolean
  readonly withheld: Withheld | undefined
}

/**
 * Those kept out of the record have names of their own, so that they never take an item's place; each that
 * has no id counts for itself.
 */
function sift(entries: readonly Entry[], person: Person): Candidate[] {
  const names = nameEntries(entries, person.sourceId)
  return entries.map((entry, position) => {
    const isInside = staysInside(entry)
    const withheld = findWithheld(entry, person, isInside)
    const sourceResourceId = names.get(entry) ?? ''
    const name = withheld ? `!${entry.id === undefined ? position : sourceResourceId}` : sourceResourceId
    return { entry, source: entry.source, name, isShared: entry.kind?.role === 'shared', isInside, withheld }
  })
}

/** Ended allergies come inside their list and become items of their own; nothing else does. */
const staysInside = ({ type, container }: Entry): boolean =>
  container !== undefined && !(type === 'AllergyIntolerance' && container.type === 'List')

function toItem(
  { entry, isInside, withheld }: Candidate,
  naming: { name: string; isRenamed: boolean; container: Item | undefined; answer: Answer }
): Item {
  const sourceResourceId = withheld ? naming.name.slice(1) : naming.name
  return {
    type: entry.type,
    source: entry.source,
    answer: naming.answer,
    kind: entry.kind,
    sourceResourceId,
    id: isInside ? localId(entry) : chesilId(entry, sourceResourceId, naming.answer),
    container: naming.container,
    inside: isInside,
    withheld,
    unread: naming.isRenamed ? ['Its source uses the same identifier for another item'] : [],
    links: [],
    insiders: new Set(),
    sections: 0
  }
}

const chesilId = ({ kind }: Entry, sourceResourceId: string, { context }: Answer): string =>
  kind ? context.resourceId(kind.r4Type, sourceResourceId) : ''

const localId = ({ id = '' }: Entry): string =>
  id.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 64) || 'contained'

function keysOf(entry: Entry, item: Item): string[] {
  if (entry.id === undefined) return entry.fullUrl === undefined ? [] : [entry.fullUrl]
  if (item.container) return [`${item.container.sourceResourceId}#${entry.id}`]
  const keys = [`${entry.type}/${entry.id}`, entry.id]
  return entry.fullUrl === undefined ? keys : [...keys, entry.fullUrl]
}
