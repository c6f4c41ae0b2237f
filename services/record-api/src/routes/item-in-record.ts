import { labelItems } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import { findItemOwner, readEntryHistory, readEveryIndex } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { itemEtag } from '../http/conditional.ts'
import { isId } from '../http/id.ts'
import type { PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { sessionAuthority } from '../person/open-person.ts'
import { type VisibleVersion, visibleHistory } from '../view/item-history.ts'
import { nobody } from './person-request.ts'

/** One item of somebody's record, as a path names it. */
export interface ItemPath {
  readonly type: string
  readonly id: string
}

export const keyOf = ({ type, id }: ItemPath): string => `${type}/${id}`

/** Whose record an id leads to: a person's own, or that of an item's owner. */
export async function personOf(
  { type, id }: ItemPath,
  { access }: FastifyRequest,
  { database, states, now }: Deps
): Promise<string | undefined> {
  if (!isId(id)) return undefined
  const session = sessionAuthority(access.reader)
  const mayBePerson = type === 'Patient' || type === 'Provenance'
  if (mayBePerson && (await states.find(id, session, now()))) return id
  return await findItemOwner(database, id)
}

/** Every wording of an item that this reader may see, newest first. */
export async function historyOf(
  item: ItemPath,
  { access }: FastifyRequest,
  { state, circumstances }: PersonAnswerFacts,
  { database, sensitiveCodes }: Deps
): Promise<readonly VisibleVersion[]> {
  const authority = sessionAuthority(access.reader)
  const versions = await readEntryHistory(database, state.patientId, item.id, authority)
  const ofType = versions.filter(({ resourceType }) => resourceType === item.type)
  if (ofType.length === 0) return []
  const everything = await readEveryIndex(database, state.patientId, authority)
  return visibleHistory(ofType, access, circumstances, labelItems(everything, sensitiveCodes))
}

/** One wording of an item, ready to be sent. */
export interface Wording {
  /** JSON; absent where it says that the item was withdrawn. */
  readonly body?: Buffer
  readonly etag: string
  /** ms since 1970 */
  readonly lastUpdated: number
}

/** The present wording as a read shows it, with its labels; an older one as it was kept. */
export function wordingOf(
  { version, lastUpdated, body, isAsKept }: VisibleVersion,
  item: ItemPath,
  { selection }: PersonAnswerFacts
): Wording {
  if (body === undefined) return { etag: `W/"${version}"`, lastUpdated }
  const present = selection.byKey.get(keyOf(item))
  const shown = present?.version === version ? present : { version, isAsKept, body: Buffer.from(body) }
  return { body: shown.body, etag: itemEtag(shown), lastUpdated }
}

export type Absence = 'gone' | 'not-found'

/** What is answered of an item that is not shown: that it was withdrawn only to whom it was shown before. */
export async function answerAbsence(
  item: ItemPath,
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  deps: Deps
): Promise<PersonAnswer<Absence>> {
  const [latest] = await historyOf(item, request, facts, deps)
  const isGone = latest !== undefined && latest.body === undefined
  return {
    content: isGone ? 'gone' : 'not-found',
    count: 0,
    item: keyOf(item),
    refusal: isGone ? 'withdrawn' : 'not shown'
  }
}

export const absenceError = (absence: Absence): OutcomeError =>
  absence === 'gone' ? new OutcomeError('gone', 'Its source has withdrawn it') : nobody()
