import type { Access } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { type Selection, select } from '../view/selection.ts'
import { type PersonAnswerFacts, withSession } from './gather-facts.ts'
import { sessionAuthority } from './open-person.ts'

/** An earlier version, not of before the person was parted from another. */
export interface EarlierVersion {
  readonly version: number
  /** ms since 1970: on which day it was read. */
  readonly at: number
}

export interface Earlier {
  readonly items: Selection['items']
  /** Keys of all that was held, shown or not. */
  readonly held: ReadonlySet<string>
}

/**
 * What this reader was shown of an earlier version, if all else that decides what they are shown was as it is now:
 * see `showing` of the facts.
 */
export async function selectEarlier(
  access: Access,
  { state, circumstances, now }: PersonAnswerFacts,
  { version, at }: EarlierVersion,
  deps: Deps
): Promise<Earlier> {
  const session = sessionAuthority(access.reader)
  const everything = await deps.views.earlier(state.patientId, version, at)
  const { sessionOnly } = circumstances
  const view = await withSession(everything, state, { session, sessionOnly }, now, deps)
  const { items } = select(view, access, circumstances)
  return { items, held: new Set(view.items.map(({ key }) => key)) }
}
