import type { Reader } from '@chesil/access-tokens'
import { isFresh } from '@chesil/care-record'
import type { PersonState, PullReader, PullToRequest } from '@chesil/record-store'
import { requestPulls } from '@chesil/record-store'
import type { Deps } from '../deps.ts'
import { sessionAuthority } from './open-person.ts'
import { type SourceOfPerson, sourcesOfPerson } from './sources.ts'

export interface Freshening {
  /** Ask every source again, however fresh its answer is. */
  readonly refresh: boolean
  /**
   * ms since 1970 until which the answer may wait for the sources that are asked; absent: it waits at most
   * `firstContactWaitMs`, and only if one of them never answered about this person.
   */
  readonly waitUntil?: number
  readonly startedAt: number
}

/** How long a reader waits by default for a source never fetched. */
const firstContactWaitMs = 2_000
/** A source that has just failed is not asked again at once for everybody who looks. */
const retryAfterMs = 5_000

/**
 * Asks the sources whose answers are missing or old, and waits as far as the reader wants to. What does not
 * come in time is named in the answer, not waited for.
 *
 * @param cached What may be old; before any source is asked the state is read again.
 * @returns whether the person's state may have moved, so that it must be read again.
 */
export async function freshen(
  cached: PersonState,
  reader: Reader,
  freshening: Freshening,
  deps: Pick<Deps, 'database' | 'catalogue' | 'pulls' | 'states' | 'ids' | 'now'>
): Promise<boolean> {
  const session = sessionAuthority(reader)
  if (dueSources(cached, session, freshening, deps).length === 0) return false
  const state = await deps.states.read(cached.patientId, session)
  const due = state ? dueSources(state, session, freshening, deps) : []
  if (!state || due.length === 0) return true
  const pulls = due.map((source) => toPull(source, state, reader, deps))
  const underWay = await deps.database.transaction((sql) => requestPulls(sql, pulls))
  const isFirst = due.some(({ facts }) => facts?.asAt === undefined)
  const { waitUntil, startedAt } = freshening
  const deadline = waitUntil ?? (isFirst ? startedAt + firstContactWaitMs : undefined)
  if (deadline !== undefined) await deps.pulls.until(underWay, deadline, deps.now)
  return true
}

function dueSources(
  state: PersonState,
  session: string,
  { refresh, waitUntil, startedAt }: Freshening,
  { catalogue, now }: Pick<Deps, 'catalogue' | 'now'>
): readonly SourceOfPerson[] {
  const isWaiting = waitUntil !== undefined && waitUntil > startedAt
  return sourcesOfPerson(state, session, catalogue).filter(
    (source) => isAskable(source) && (refresh || isDue(source, now(), isWaiting))
  )
}

export const isAskable = ({ asked }: SourceOfPerson): boolean =>
  asked.source !== undefined && asked.notAsked === undefined

function isDue({ asked, facts }: SourceOfPerson, now: number, wants: boolean): boolean {
  if (isFresh(asked, facts, now) && facts?.lastPull?.outcome === 'applied') return false
  if (facts?.pendingSince !== undefined) return true
  const failedAt = facts?.lastPull && facts.lastPull.outcome !== 'applied' ? facts.lastPull.at : undefined
  return wants || failedAt === undefined || now - failedAt >= retryAfterMs
}

function toPull(
  { asked, authority, facts }: SourceOfPerson,
  state: PersonState,
  reader: Reader,
  { ids, now }: Pick<Deps, 'ids' | 'now'>
): PullToRequest {
  const { source } = asked
  return {
    id: ids.newId(),
    patientId: state.patientId,
    sourceId: asked.sourceId,
    authority,
    reader: toPullReader(reader),
    known: { lastEndedAt: facts?.lastPull?.at },
    ...(source?.retention === 'session' && { expiresAt: now() + source.sessionMinutes * 60_000 })
  }
}

const toPullReader = ({
  userId,
  name,
  familyName,
  givenName,
  organisation,
  roleProfileId
}: Reader): PullReader => ({
  userId,
  organisation,
  ...(name !== undefined && { name }),
  ...(familyName !== undefined && { familyName }),
  ...(givenName !== undefined && { givenName }),
  ...(roleProfileId !== undefined && { roleProfileId })
})
