import { targetOf } from '../fhir-r4/subject.ts'
import { isJson, type Json, word } from '../json.ts'
import { issueOf, type PushIssue } from './issues.ts'
import { isBeside, kindOf } from './kinds.ts'
import { type Version, versionOf, versionOfDeletion } from './order.ts'

/** A resource that was pushed. */
export interface PushedEntry {
  readonly type: string
  /** The source's; where it gives none, that of the URN by which its Bundle calls it. */
  readonly id: string
  readonly hasOwnId: boolean
  readonly fullUrl: string | undefined
  /** Absent: it was deleted. */
  readonly source: Json | undefined
  /** FHIRPath of the resource in what was sent. */
  readonly path: string
  readonly version: Version
}

export interface Surroundings {
  readonly baseUrl: string | undefined
  /** Of the Bundle. */
  readonly time?: string | undefined
  /** Whether each entry says what is to be done. */
  readonly isAsked?: boolean
}

const noTime = new Date(0).toISOString()

/** @param path FHIRPath of the entry; empty: what was sent is a resource. */
export function readEntry(entry: Json, path: string, around: Surroundings): PushedEntry | PushIssue {
  const { request: asked, resource } = entry
  const request = isJson(asked) ? asked : {}
  const method = around.isAsked ? word(request['method']) : 'PUT'
  if (method === 'DELETE') return readDeletion(request, path, around)
  if (method !== 'PUT' && method !== 'POST') return issueOf('method', `${path}.request.method`)
  if (!isJson(resource)) return issueOf('no-resource', `${path}.resource`)
  const type = word(resource['resourceType']) ?? ''
  const target = readUrl(word(request['url']), type, around)
  if (isElsewhere(word(entry['fullUrl']), around)) return issueOf('other-base', `${path}.fullUrl`)
  if (target === 'other' || !isCalled(resource, target.id))
    return issueOf('request-url', `${path}.request.url`)
  const place = path === '' ? type : `${path}.resource`
  return readResource(
    { type, source: resource, path: place, fullUrl: word(entry['fullUrl']) },
    target.id,
    around
  )
}

function readResource(
  read: Pick<PushedEntry, 'type' | 'path' | 'fullUrl'> & { readonly source: Json },
  asked: string | undefined,
  around: Surroundings
): PushedEntry | PushIssue {
  const { type, source, path, fullUrl } = read
  if (!isTaken(type)) return issueOf('unknown-type', path === type ? 'resourceType' : `${path}.resourceType`)
  const named = idOf(source['id'] ?? asked, fullUrl)
  if (!named) return issueOf('no-id', `${path}.id`)
  // Nothing that only stands around a person has a place in the order of what is said of them.
  const version = versionOf(source, isBeside(type) ? (around.time ?? noTime) : around.time)
  if (!isItsUrl(fullUrl, type, named.id))
    return issueOf('full-url', `${path.replace(/\.resource$/, '')}.fullUrl`)
  return version ? { ...read, ...named, version } : issueOf('no-time', `${path}.meta.lastUpdated`)
}

/** What refers to an address and what refers to an id have to mean the same resource. */
const isItsUrl = (fullUrl: string | undefined, type: string, id: string): boolean =>
  fullUrl === undefined ||
  /^urn:/i.test(fullUrl) ||
  (/^https?:\/\//.test(fullUrl) && fullUrl.endsWith(`/${type}/${id}`))

const isCalled = ({ id }: Json, asked: string | undefined): boolean =>
  id === undefined || asked === undefined || id === asked

/** @returns what a request is about: one resource, or any of that type. */
function readUrl(
  url: string | undefined,
  type: string,
  around: Surroundings
): { readonly id?: string } | 'other' {
  if (url === undefined) return {}
  const target = targetOf(url, basesOf(around))
  if (target) return target.type === type ? target : 'other'
  return url.split('?')[0] === type ? {} : 'other'
}

function idOf(own: unknown, fullUrl = ''): Pick<PushedEntry, 'id' | 'hasOwnId'> | undefined {
  const id = own === undefined ? /^urn:uuid:(.+)$/.exec(fullUrl)?.[1] : own
  return typeof id === 'string' && /^[A-Za-z0-9\-.]{1,64}$/.test(id)
    ? { id, hasOwnId: own !== undefined }
    : undefined
}

function readDeletion(request: Json, path: string, around: Surroundings): PushedEntry | PushIssue {
  const target = targetOf(word(request['url']) ?? '', basesOf(around))
  if (!target) return issueOf('request-url', `${path}.request.url`)
  if (!isTaken(target.type)) return issueOf('unknown-type', `${path}.request.url`)
  const version = versionOfDeletion(request, around.time)
  if (!version) return issueOf('no-time', 'Bundle.timestamp')
  return { ...target, hasOwnId: true, fullUrl: undefined, source: undefined, path, version }
}

const isTaken = (type: string): boolean => type === 'Patient' || kindOf(type) !== undefined || isBeside(type)

const basesOf = ({ baseUrl }: Surroundings): readonly string[] => (baseUrl === undefined ? [] : [baseUrl])

/** An id below somebody else's base is somebody else's. */
const isElsewhere = (fullUrl: string | undefined, { baseUrl }: Surroundings): boolean =>
  baseUrl !== undefined && /^https?:/.test(fullUrl ?? '') && !fullUrl?.startsWith(`${baseUrl}/`)
