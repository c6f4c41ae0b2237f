import { type CouncilItemKind, councilItemKinds, councilLimits, type Section } from '@chesil/contracts'
import { isJson, type Json, many, one, word } from '../json.ts'

/** One item as it came. */
export interface CouncilCandidate {
  readonly kind: CouncilItemKind
  /** `undefined` where it is none, or is that of an item before. */
  readonly id: string | undefined
  readonly source: Json
}

export interface CouncilReading {
  /** ms since 1970 */
  readonly asAt: number
  readonly mode: 'full' | 'changes'
  readonly person: Json
  readonly candidates: readonly CouncilCandidate[]
  readonly removed: readonly { readonly kind: CouncilItemKind; readonly id: string }[]
}

/** Where an item of each kind stands in the record. */
export const sectionOfKind = {
  service: 'services',
  contact: 'people',
  'key-worker': 'people',
  team: 'people',
  review: 'assessments',
  warning: 'alerts'
} as const satisfies Record<CouncilItemKind, Section>

/** Which member of an answer holds the items of each kind. */
const members = {
  service: 'services',
  contact: 'contacts',
  'key-worker': 'keyWorker',
  team: 'team',
  review: 'reviews',
  warning: 'warnings'
} as const satisfies Record<CouncilItemKind, string>

/** @returns `unknown` where the council knows nobody by the number; `undefined` for what is no answer. */
export function readCouncilAnswer(answer: unknown): CouncilReading | 'unknown' | undefined {
  if (!isJson(answer)) return undefined
  if (answer['known'] === false) return 'unknown'
  const asAt = Date.parse(word(answer['asAt']) ?? '')
  const { mode } = answer
  const isWhole = answer['known'] === true && !Number.isNaN(asAt) && listsAreLists(answer)
  if (!isWhole || (mode !== 'full' && mode !== 'changes')) return undefined
  return {
    asAt,
    mode,
    person: one(answer['person']) ?? {},
    candidates: councilItemKinds.flatMap((kind) => candidatesOf(kind, answer)),
    removed: removedIn(answer)
  }
}

/** A list that is missing is not an empty one: it would withdraw all that it held. */
const listsAreLists = (answer: Json): boolean =>
  [members.service, members.contact, members.review, members.warning].every((member) => {
    const list = answer[member]
    return Array.isArray(list) && list.length <= councilLimits.items
  })

function candidatesOf(kind: CouncilItemKind, answer: Json): CouncilCandidate[] {
  const taken = new Set<string>()
  const items = kind === 'key-worker' || kind === 'team' ? many(answer[members[kind]]) : asItems(answer, kind)
  return items.map((source) => {
    const id = findId(source)
    const isOwn = id !== undefined && !taken.has(id)
    if (isOwn) taken.add(id)
    return { kind, id: isOwn ? id : undefined, source }
  })
}

/** What is no object is an item, too, of which nothing can be read. */
const asItems = (answer: Json, kind: CouncilItemKind): readonly Json[] =>
  (answer[members[kind]] as readonly unknown[]).map((item) => (isJson(item) ? item : {}))

const idPattern = /^[!-~]{1,64}$/

export function findId({ id }: Json): string | undefined {
  return typeof id === 'string' && idPattern.test(id) ? id : undefined
}

const removedIn = (answer: Json): CouncilReading['removed'] =>
  many(answer['removed']).flatMap((item) => {
    const kind = councilItemKinds.find((one) => one === item['kind'])
    const id = findId(item)
    return kind && id !== undefined ? [{ kind, id }] : []
  })

/**
 * What whoever asked for changes has to know before it can take them.
 *
 * @returns nothing for what is no answer of changes.
 */
export function findCouncilChanges(
  answer: unknown
): { readonly personName: string; readonly sections: readonly Section[] } | undefined {
  const reading = readCouncilAnswer(answer)
  if (reading === undefined || reading === 'unknown' || reading.mode === 'full') return undefined
  const sections = new Set(reading.candidates.map(({ kind }) => sectionOfKind[kind]))
  return { personName: nameOfPerson(word(reading.person['laPersonId']) ?? ''), sections: [...sections] }
}

/** @returns the name of the Patient that stands for the person as the council knows them. */
export const nameOfPerson = (laPersonId: string): string => `Patient/${laPersonId}`
