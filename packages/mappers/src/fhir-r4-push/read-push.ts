import { isJson, type Json, many, word } from '../json.ts'
import { issueOf, type PushFault, type PushIssue } from './issues.ts'
import { isBeside } from './kinds.ts'
import { readInstant } from './order.ts'
import { type PushedEntry, readEntry } from './read-entry.ts'

export interface PushedEntries {
  readonly entries: readonly PushedEntry[]
  readonly issues: readonly PushIssue[]
}

const bundleTypes: ReadonlySet<unknown> = new Set(['transaction', 'batch', 'message', 'collection'])
const mostEntries = 5_000

/** @param baseUrl Of the source; absent: whatever the sender calls its own. */
export function readEntries(json: unknown, baseUrl: string | undefined): PushedEntries {
  if (!isJson(json) || word(json['resourceType']) === undefined) return only('not-fhir')
  if (json['resourceType'] !== 'Bundle') return readAll([readEntry({ resource: json }, '', { baseUrl })])
  const given = json['entry']
  if (!bundleTypes.has(json['type'])) return only('bundle-type', 'Bundle.type')
  if (!Array.isArray(given) || given.length === 0) return only('no-entries', 'Bundle.entry')
  if (given.length > mostEntries) return only('too-many-entries', 'Bundle.entry')
  const timestamp = json['timestamp']
  const time = readInstant(timestamp)
  if (timestamp !== undefined && time === undefined) return only('no-time', 'Bundle.timestamp')
  const type = word(json['type'])
  if (type === 'message' && typeOf(given[0]) !== 'MessageHeader')
    return only('no-message-header', 'Bundle.entry[0]')
  const isAsked = type === 'transaction' || type === 'batch'
  return readAll(
    given.flatMap((entry, at) =>
      type === 'message' && at === 0
        ? []
        : [readEntry(isJson(entry) ? entry : {}, `Bundle.entry[${at}]`, { baseUrl, time, isAsked })]
    )
  )
}

const only = (reason: PushFault, expression?: string): PushedEntries => ({
  entries: [],
  issues: [issueOf(reason, expression)]
})

const typeOf = (entry: unknown): unknown =>
  isJson(entry) && isJson(entry['resource']) ? entry['resource']['resourceType'] : undefined

function readAll(read: readonly (PushedEntry | PushIssue)[]): PushedEntries {
  const entries = read.filter((one) => 'type' in one)
  const issues = [...read.filter((one) => 'reason' in one), ...sharedUrls(entries)]
  const isOfPerson = ({ type }: PushedEntry) => !isBeside(type)
  if (issues.length === 0 && !entries.some(isOfPerson)) return only('no-entries')
  return { entries, issues }
}

/** Two resources under one address: nobody can tell which of them is meant. Two versions of one resource may share it. */
function sharedUrls(entries: readonly PushedEntry[]): readonly PushIssue[] {
  const named = entries.filter(({ fullUrl }) => fullUrl !== undefined)
  return [...Map.groupBy(named, ({ fullUrl }) => fullUrl).values()]
    .filter((same) => new Set(same.map(({ type, id }) => `${type}/${id}`)).size > 1)
    .flatMap((same) =>
      same.map(({ path }) => issueOf('full-url', `${path.replace(/\.resource$/, '')}.fullUrl`))
    )
}

/** Whether the source says that it should never have said it. */
export const isInError = (source: Json): boolean =>
  source['status'] === 'entered-in-error' ||
  many(isJson(source['verificationStatus']) ? source['verificationStatus']['coding'] : undefined).some(
    ({ code }) => code === 'entered-in-error'
  )
