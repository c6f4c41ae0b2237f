import { type NetChange, netChanges } from '@chesil/care-record'
import { findDateInterval, OutcomeError } from '@chesil/fhir'
import {
  findVersionAt,
  findWithdrawals,
  type HeldVersion,
  readHeldVersion,
  readVersionsAfter,
  type VersionFacts
} from '@chesil/record-store'
import type { Access } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { itemEtag } from '../http/conditional.ts'
import { type Parameters, single } from '../http/parameters.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { selectEarlier } from '../person/select-earlier.ts'
import type { ItemChange } from '../view/item-changes.ts'
import type { ViewItem } from '../view/view-item.ts'

/** From where on changes are told. */
export type Start =
  | {
      readonly version: number
      /** How it was shown then; absent: whatever else than the record decided that is taken to be as it is now. */
      readonly showing?: string
      readonly at?: undefined
    }
  /** ms since 1970 */
  | { readonly at: number }

/** By which a later question knows what the reader was shown: `Bundle.meta.versionId`. */
export const shownVersion = ({
  version,
  showing,
  held
}: Pick<PersonAnswerFacts, 'version' | 'showing' | 'held'>): string =>
  held ? String(version) : `${version}.${showing}`

/**
 * @param now ms since 1970
 * @throws OutcomeError `invalid` unless it is one version or one moment that is over.
 */
export function parseStart(parameters: Parameters, now: number): Start {
  const version = single(parameters, 'sinceVersion')
  const since = single(parameters, '_since')
  if ((version === undefined) === (since === undefined))
    throw new OutcomeError('invalid', '$changes needs sinceVersion or _since, and not both')
  if (version !== undefined) {
    const [, number, showing] = /^(\d{1,12})(?:\.([0-9a-f]{16}))?$/.exec(version) ?? []
    if (number === undefined)
      throw new OutcomeError('invalid', 'sinceVersion needs a version: meta.versionId of an earlier answer')
    return { version: Number(number), ...(showing !== undefined && { showing }) }
  }
  const isInstant = /T.+(Z|[+-]\d\d:\d\d)$/.test(since ?? '')
  const interval = isInstant ? findDateInterval(since ?? '') : undefined
  if (!interval)
    throw new OutcomeError('invalid', '_since needs a FHIR instant, such as 2026-03-01T09:30:00Z')
  if (interval.low > now) throw new OutcomeError('invalid', '_since is in the future')
  return { at: interval.low }
}

/** A version that was being made at a moment is there a little after it. */
export const overlapMs = 60_000

interface From {
  /** Absent: nothing was held yet. */
  readonly held: HeldVersion | undefined
  /** ms since 1970: on which day what was held was shown. */
  readonly at: number
}

/** @returns the error to answer with where nothing exact can be told: the whole record has to be read again. */
export async function findStart(
  facts: PersonAnswerFacts,
  start: Start,
  asked: string,
  { database }: Deps
): Promise<From | OutcomeError> {
  const { patientId, partedVersion } = facts.state
  const obstacle = whyNot(facts, start, asked)
  if (obstacle) return obstacle
  if (start.at === undefined && start.version === 0) return { held: undefined, at: 0 }
  const held =
    start.at === undefined
      ? await readHeldVersion(database, patientId, start.version)
      : await findVersionAt(database, patientId, start.at - overlapMs)
  if (!held && start.at === undefined)
    return new OutcomeError('invalid', 'sinceVersion was never a version of this record')
  if (!held) return { held, at: 0 }
  if (held.version < partedVersion)
    return new OutcomeError('gone', `What was held then was in part another person's: ${readAgain}`)
  if (!held.isWhole) return new OutcomeError('gone', `What was held then is not kept any more: ${readAgain}`)
  return { held, at: start.at ?? held.createdAt }
}

function whyNot(
  { state, version, showing }: PersonAnswerFacts,
  start: Start,
  asked: string
): OutcomeError | undefined {
  if (asked !== state.patientId)
    return new OutcomeError('gone', `The person has been merged into another: ${readAgain}`)
  if (start.at !== undefined) return undefined
  if (start.showing !== undefined && start.showing !== showing)
    return new OutcomeError(
      'gone',
      `What you are shown depends on more than the record, and that is not as it was: ${readAgain}`
    )
  return start.version > version
    ? new OutcomeError('invalid', 'sinceVersion is later than the present version')
    : undefined
}

const readAgain = 'read $everything again'

/** What this reader is shown otherwise than they were shown then. @returns oldest first. */
export async function changesSince(
  facts: PersonAnswerFacts,
  { held, at }: From,
  access: Access,
  deps: Deps
): Promise<readonly ItemChange[]> {
  const { state, version: presentVersion } = facts
  const since = held?.version ?? 0
  const earlier = held && (await selectEarlier(access, facts, { version: held.version, at }, deps))
  const before = earlier?.items ?? []
  const items = await presentItems(access, facts, deps)
  const present = new Set(items.map(({ key }) => key))
  const gone = before.filter(({ key }) => !present.has(key))
  const made = await readVersionsAfter(deps.database, state.patientId, since)
  const withdrawals = await findWithdrawals(
    deps.database,
    state.patientId,
    since,
    gone.map(({ resourceId }) => resourceId)
  )
  const versions = new Map(made.map((one) => [one.version, withoutOthersSessions(one, facts)]))
  const changes = netChanges({
    before,
    present: items,
    heldBefore: earlier?.held ?? new Set(),
    presentVersion,
    versions,
    ended: new Map(gone.flatMap(({ key, resourceId }) => pairOf(key, withdrawals.get(resourceId))))
  })
  return changes.map((change) => toItemChange(change, versions.get(change.version), facts.now))
}

/**
 * A later page is of the version of the first, though the record has moved: labelled as that version was, so that the
 * list is the same.
 */
async function presentItems(
  access: Access,
  facts: PersonAnswerFacts,
  deps: Deps
): Promise<readonly ViewItem[]> {
  const { state, selection, version, now } = facts
  if (version === state.version) return selection.items
  return (await selectEarlier(access, facts, { version, at: now }, deps)).items
}

/** What other readers' sessions were told is nothing that a source has said before. */
const withoutOthersSessions = (made: VersionFacts, { circumstances }: PersonAnswerFacts): VersionFacts =>
  circumstances.sessionOnly.has(made.sourceId) ? { ...made, isLate: false } : made

function toItemChange(
  { item, ...change }: NetChange<ViewItem>,
  made: VersionFacts | undefined,
  now: number
): ItemChange {
  if (change.reason === 'as-shown') return { ...change, ...(item && { item: shown(item) }), changedAt: now }
  const source = item?.sourceId ?? (made?.cause === 'contribution' ? made.sourceId : undefined)
  return {
    ...change,
    ...(item && { item: shown(item) }),
    ...(source !== undefined && { source }),
    changedAt: item?.lastUpdated ?? made?.createdAt ?? now
  }
}

const shown = (item: ViewItem): NonNullable<ItemChange['item']> => ({ body: item.body, etag: itemEtag(item) })

const pairOf = (key: string, version: number | undefined): [string, number][] =>
  version === undefined ? [] : [[key, version]]
