import type { itemTags, Section } from '@chesil/contracts'
import { type Coding, chesil, type Meta, type Resource } from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import { isJson, type Json, many, one, word } from '../json.ts'
import { withLines } from '../stu3/map-item.ts'
import type { FhirR4Context } from './context.ts'
import { rewriteContained, withMedicine } from './medicine.ts'
import type { Candidate } from './read-answer.ts'
import { type Draft, rewrite, type Scope } from './references.ts'

/** Where an item comes to stand, and under which id. */
export interface Place {
  readonly id: string
  readonly section: Section
  readonly tags: readonly (keyof typeof itemTags)[]
}

/**
 * An R4 resource stays as its source wrote it, but for its id, its references, what is said about it, and a
 * narrative that repeats its elements or may not be shown.
 *
 * @returns `undefined` for what is no resource at any depth that FHIR has.
 */
export function mapItem(
  { type, source }: Candidate,
  place: Place,
  { scope, included, context }: { scope: Scope; included: readonly Candidate[]; context: FhirR4Context }
): Resource | undefined {
  const draft: Draft = { source, scope, unread: new Set(), isTooDeep: false }
  const whole = withMedicine(source, included, draft)
  const { id: _id, meta, text, contained: _contained, ...content } = whole
  const contained = rewriteContained(whole, draft)
  const { resourceType: _type, ...rewritten } = rewrite(content, draft) as Json
  const body = { ...rewritten, ...subjectsOf(rewritten, context) }
  if (draft.isTooDeep) return undefined
  const build = (narrative: object): Resource => {
    const lines = [...draft.unread]
    const degraded = lines.length > 0 ? (['degraded'] as const) : []
    return {
      resourceType: type,
      id: place.id,
      meta: toMeta(
        meta,
        type as Resource['resourceType'],
        { ...place, tags: [...place.tags, ...degraded] },
        context
      ),
      ...(contained.length > 0 && { contained }),
      ...withLines({ ...narrative, ...body }, type, lines)
    } as Resource
  }
  if (!saysMore(text)) return build({})
  const told = build({ text })
  if (context.isValid(told)) return told
  draft.unread.add('Its text could not be shown')
  return build({})
}

/** However its source names the person: it has been judged to be them. */
function subjectsOf(body: Json, { patientId }: FhirR4Context): Json {
  const named = ['subject', 'patient'].filter((element) => isJson(body[element]))
  return Object.fromEntries(
    named.map((element) => [element, { ...(body[element] as Json), reference: `Patient/${patientId}` }])
  )
}

/** A generated narrative says what the elements say. */
const saysMore = (narrative: unknown): boolean =>
  isJson(narrative) && (narrative['status'] === 'additional' || narrative['status'] === 'extensions')

const ours: ReadonlySet<unknown> = new Set([chesil.source, chesil.section, chesil.itemTag, chesil.label])

function toMeta(given: unknown, type: Resource['resourceType'], place: Place, context: FhirR4Context): Meta {
  const own = itemMeta(context.source, type, [place.section], place.tags)
  const meta = one(given) ?? {}
  const profiles = (Array.isArray(meta['profile']) ? meta['profile'] : []).filter((profile) => word(profile))
  const security = many(meta['security'])
  const tags = many(meta['tag']).filter(({ system }) => !ours.has(system))
  return {
    ...own,
    ...(profiles.length > 0 && { profile: profiles as string[] }),
    ...(security.length > 0 && { security: [...security] as Coding[] }),
    tag: [...(own.tag ?? []), ...(tags as Coding[])]
  }
}
