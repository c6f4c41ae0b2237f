import { isJson, type Json, text, word } from '../json.ts'
import { containedIn, namesPerson, type Person, type Target, targetOf } from './subject.ts'

/** What can be looked up while the items of one answer are mapped. */
export interface Scope {
  readonly person: Person
  readonly patientId: string
  /** Chesil's id of an item that is in the record, or will be; `undefined` for what is not. */
  readonly findItem: (target: Target) => string | undefined
  /** By fullUrl: what the answer calls by a URN or an address of its own. */
  readonly named: ReadonlyMap<string, Target>
}

/** One item on its way into the record. */
export interface Draft {
  readonly source: Json
  readonly scope: Scope
  /** Sentences for the reader about what could not be taken over. Any of them marks the item as degraded. */
  readonly unread: Set<string>
  /** Nested deeper than any resource. */
  isTooDeep: boolean
}

/** Deeper than any resource. */
const deepest = 60
/** A source does not speak in our name. */
const ownExtensions = /^https?:\/\/chesil\.example\//

/** The same value with its references rewritten, its documents' addresses made whole, and nothing in our name. */
export function rewrite(value: unknown, draft: Draft, depth = 0): unknown {
  if (depth > deepest) {
    draft.isTooDeep = true
    return undefined
  }
  if (Array.isArray(value)) return rewriteList(value, draft, depth)
  if (!isJson(value)) return value
  if (typeof value['reference'] === 'string') return rewriteReference(value, draft, depth)
  const result: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const rewritten = rewriteElement(name, inner, draft, depth + 1)
    if (rewritten !== undefined) result[name] = rewritten
  }
  return Object.keys(result).length > 0 ? result : undefined
}

/** `null` keeps its place: another list beside this one counts on it. */
function rewriteList(values: readonly unknown[], draft: Draft, depth: number): unknown {
  const rewritten = values.map((value) => rewrite(value, draft, depth + 1))
  const kept = rewritten.filter((value) => value !== undefined)
  return kept.length > 0 ? kept : undefined
}

function rewriteElement(name: string, value: unknown, draft: Draft, depth: number): unknown {
  if (name === 'modifierExtension') noticeModifiers(value, draft)
  if (name === 'extension' && Array.isArray(value)) {
    const theirs = value.filter((one) => !(isJson(one) && ownExtensions.test(word(one['url']) ?? '')))
    return rewriteList(theirs, draft, depth)
  }
  const rewritten = rewrite(value, draft, depth)
  return attachments.has(name) ? withWholeUrls(rewritten, draft.scope.person) : rewritten
}

/** A modifier extension may turn what is said into its opposite: a reader has to know that there is one. */
function noticeModifiers(value: unknown, { unread }: Draft): void {
  for (const extension of Array.isArray(value) ? value : []) {
    const name = isJson(extension) ? word(extension['url'])?.split('/').at(-1) : undefined
    unread.add(
      `Qualified at its source in a way that could not be read: ${(name ?? 'unnamed').slice(0, 100)}`
    )
  }
}

const attachments: ReadonlySet<string> = new Set(['attachment', 'presentedForm', 'valueAttachment', 'photo'])

/** An address that is the source's own must not look like one of ours. */
function withWholeUrls(value: unknown, person: Person): unknown {
  if (Array.isArray(value)) return value.map((one) => withWholeUrls(one, person))
  if (!isJson(value)) return value
  const url = word(value['url'])
  const [base] = person.bases
  if (url === undefined || base === undefined || /^[a-z][a-z0-9+.-]*:/i.test(url)) return value
  return { ...value, url: `${base}/${url.replace(/^\/+/, '')}` }
}

/** To the person, to another item of theirs, into itself; else the words in which the source names it. */
function rewriteReference(reference: Json, draft: Draft, depth: number): Json | undefined {
  const { reference: given, ...rest } = reference
  const others = rewriteOthers(rest, draft, depth)
  const { scope, source } = draft
  const written = word(given) ?? ''
  const inside = containedIn(source, written)
  const target = scope.named.get(written) ?? targetOf(written, scope.person.bases)
  const isPatient =
    written === scope.person.fullUrl || (inside ? inside['resourceType'] : target?.type) === 'Patient'
  if (isPatient) {
    if (namesPerson({ reference: given }, source, scope.person)) {
      return { ...others, reference: `Patient/${scope.patientId}` }
    }
    draft.unread.add('Its source names another person in it, who is not shown')
    return { display: 'Another person' }
  }
  if (written.startsWith('#')) return { ...others, reference: written }
  const id = target && scope.findItem(target)
  if (target && id !== undefined) return { ...others, reference: `${target.type}/${id}` }
  return target ? toLogical(target, others, scope.person) : toForeign(written, others)
}

function rewriteOthers(rest: Json, draft: Draft, depth: number): Record<string, unknown> {
  const others = rewrite(rest, draft, depth + 1)
  return isJson(others) ? { ...others } : {}
}

/** What is not in the record is named as its source names it, so that two who name the same can be told to. */
function toLogical({ type, id }: Target, others: Json, { bases: [base = ''] }: Person): Json {
  if (isJson(others['identifier'])) return { type, ...others }
  return { type, ...others, identifier: { system: `${base}/${type}`, value: id } }
}

function toForeign(written: string, others: Json): Json | undefined {
  if (Object.keys(others).length > 0) return others
  const value = text(written)
  return value === undefined ? undefined : { identifier: { system: 'urn:ietf:rfc:3986', value } }
}
