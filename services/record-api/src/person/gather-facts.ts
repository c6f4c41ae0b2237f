import {
  type Completeness,
  completenessKey,
  type GeneralCode,
  isFresh,
  mayBeToldOf,
  sourceStatement,
  takenOverSections
} from '@chesil/care-record'
import { londonDay } from '@chesil/fhir'
import type { PersonState } from '@chesil/record-store'
import type { Access } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { compareInRecord, type PersonView } from '../view/person-view.ts'
import { type Circumstances, type Selection, select, selectionKey } from '../view/selection.ts'
import { isAskable } from './freshen.ts'
import { type OpenPerson, sessionAuthority } from './open-person.ts'
import { type SourceOfPerson, sourcesOfPerson } from './sources.ts'

/** All that an answer about a person is made from. */
export interface PersonAnswerFacts {
  readonly state: PersonState
  /** The version that is shown: the state's, unless a cursor pins an earlier one. */
  readonly version: number
  readonly selection: Selection
  readonly circumstances: Circumstances
  readonly completeness: Completeness
  /** Every source that can be asked has answered within its refresh age. */
  readonly isAllFresh: boolean
  /** Equal for answers that say the same: for an ETag. */
  readonly key: string
  /** ms since 1970 */
  readonly now: number
}

/**
 * What of a person's state a reader is shown, and what is said of the rest.
 *
 * @param pinned The version of a cursor. Absent: the state's.
 */
export async function gatherFacts(
  access: Access,
  person: OpenPerson,
  pinned: number | undefined,
  deps: Deps
): Promise<PersonAnswerFacts> {
  const { state, withAddress } = person
  const now = deps.now()
  const session = sessionAuthority(access.reader)
  const known = sourcesOfPerson(state, session, deps.catalogue)
  const sources = known.map((source) => forReader(source, access))
  const version = pinned ?? state.version
  const sessionOnly = new Set(
    sources.filter(({ asked }) => asked.source?.retention === 'session').map(({ asked }) => asked.sourceId)
  )
  const view = await viewOf(state, version, { session, sessionOnly }, now, deps)
  const takenOver = takenOverSections(known.find(({ asked }) => asked.relation === 'registered')?.facts)
  const circumstances = circumstancesOf(sources, takenOver, withAddress, deps.baseUrl())
  const selection = select(view, access, circumstances)
  const completeness = completenessOf(sources, person, selection, circumstances, now)
  return {
    state,
    version,
    selection,
    circumstances,
    completeness,
    isAllFresh:
      withAddress && sources.filter(isAskable).every(({ asked, facts }) => isFresh(asked, facts, now)),
    key: JSON.stringify([
      state.patientId,
      version,
      londonDay(now), // a medicine may have run out since yesterday
      selectionKey(access, circumstances),
      completenessKey(completeness),
      // What a session was shown differs between sessions of the same role.
      view.items.some(({ expiresAt }) => expiresAt !== undefined) ? session : ''
    ]),
    now
  }
}

/** What everybody may see and, for a session that a source answered, what only that session may. */
async function viewOf(
  state: PersonState,
  version: number,
  { session, sessionOnly }: { readonly session: string; readonly sessionOnly: ReadonlySet<string> },
  now: number,
  { views }: Deps
): Promise<PersonView> {
  const everything = await views.shared(state.patientId, version)
  // What was kept for everybody before the source allowed only the session is for nobody.
  const shared = sessionOnly.size === 0 ? everything : without(everything, sessionOnly)
  if (!state.sources.some(({ authority, asAt }) => authority === session && asAt !== undefined)) return shared
  const own = await views.session(state.patientId, version, session)
  const live = own.items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  const items = [...shared.items, ...live].sort((a, b) => compareInRecord(a, b, state.patientId))
  return { ...shared, items }
}

interface SourceForReader extends SourceOfPerson {
  /** Some of its sections are left out. */
  readonly isPartlyTold: boolean
}

function forReader(source: SourceOfPerson, { mayRead }: Access): SourceForReader {
  const { facts } = source
  const sections = facts?.sections.filter(({ section }) => mayBeToldOf(section, mayRead)) ?? []
  const isPartlyTold = sections.length < (facts?.sections.length ?? 0)
  return isPartlyTold && facts
    ? { ...source, facts: { ...facts, sections }, isPartlyTold }
    : { ...source, isPartlyTold }
}

const without = (view: PersonView, sources: ReadonlySet<string>): PersonView => ({
  ...view,
  items: view.items.filter(({ sourceId }) => !sources.has(sourceId))
})

function circumstancesOf(
  sources: readonly SourceOfPerson[],
  takenOver: ReadonlySet<string>,
  withAddress: boolean,
  baseUrl: string
): Circumstances {
  const idsOf = (which: (source: SourceOfPerson) => boolean) =>
    new Set(sources.filter(which).map(({ asked }) => asked.sourceId))
  return {
    hiddenSources: idsOf(({ isRefused }) => isRefused),
    formerSources: idsOf(({ asked }) => asked.relation === 'former'),
    takenOver,
    withAddress,
    baseUrl
  }
}

function completenessOf(
  sources: readonly SourceForReader[],
  person: OpenPerson,
  { hasWithheld }: Selection,
  { takenOver }: Circumstances,
  now: number
): Completeness {
  const isWithheld = hasWithheld || sources.some(({ isPartlyTold }) => isPartlyTold)
  const isRegistered = sources.some(({ asked }) => asked.relation === 'registered')
  return {
    sources: sources.map(({ asked, facts }) => sourceStatement(asked, facts, takenOver, now)),
    general: [
      ...(isWithheld ? (['withheld'] as const) : []),
      ...identityRemarks(person),
      ...(isRegistered || person.isUnverified ? [] : [whyNoPractice(person.state)])
    ]
  }
}

function identityRemarks({ state, withAddress, isUnverified }: OpenPerson): readonly GeneralCode[] {
  if (isUnverified) return ['unverified-identity']
  return [
    ...(withAddress ? [] : (['pds-unreachable'] as const)),
    ...(state.apart.length > 0 ? (['kept-apart'] as const) : [])
  ]
}

const whyNoPractice = ({ trace }: PersonState): GeneralCode =>
  trace?.deceased ? 'deceased' : 'no-registered-practice'
