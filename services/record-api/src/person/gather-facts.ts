import { createHash } from 'node:crypto'
import {
  type Completeness,
  compareInRecord,
  completenessKey,
  type GeneralCode,
  isFresh,
  mayBeToldOf,
  sourceStatement,
  statementAsHeld,
  takenOverSections
} from '@chesil/care-record'
import { londonDay } from '@chesil/fhir'
import type { HeldVersion, PersonState } from '@chesil/record-store'
import type { Access } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import type { PastView, PersonView } from '../view/person-view.ts'
import { type Circumstances, type Selection, select, selectionKey } from '../view/selection.ts'
import { isAskable } from './freshen.ts'
import { type OpenPerson, sessionAuthority } from './open-person.ts'
import { type SourceOfPerson, sourcesOfPerson } from './sources.ts'

/** All that an answer about a person is made from. */
export interface PersonAnswerFacts {
  readonly state: PersonState
  /** The version that is shown: the state's, unless a cursor or a moment pins an earlier one. */
  readonly version: number
  /** Of an answer as of a moment. */
  readonly held?: HeldAt
  readonly selection: Selection
  /**
   * All that decides, beside the version, what this reader is shown of it: their rights, the codes that are sensitive,
   * consent, who speaks for which section, what their session was shown. 16 hexadecimal digits.
   */
  readonly showing: string
  readonly circumstances: Circumstances
  readonly completeness: Completeness
  /** Every source that can be asked has answered within its refresh age. */
  readonly isAllFresh: boolean
  /** Nothing in it is of one session. */
  readonly isForAll: boolean
  /** Equal for answers that say the same: for an ETag. */
  readonly key: string
  /** ms since 1970 */
  readonly now: number
}

/** What was held at a moment. */
export interface HeldAt extends HeldVersion {
  /** ms since 1970 */
  readonly at: number
}

export interface PinnedVersion {
  readonly version: number
  readonly held?: HeldAt
}

interface Gathered {
  readonly state: PersonState
  /** In which the facts were gathered: ages are told in minutes. */
  readonly second: number
  readonly facts: PersonAnswerFacts
}

const gathered = new WeakMap<PersonView, Map<string, Gathered>>()
/** Roles and scopes are few. */
const mostGathered = 8

/**
 * What of a person's state a reader is shown, and what is said of the rest. The same facts answer for a second, while
 * the person stays as they are; never where anything is of one session.
 *
 * @param pinned Another version than the state's.
 */
export async function gatherFacts(
  access: Access,
  person: OpenPerson,
  pinned: PinnedVersion | undefined,
  deps: Deps
): Promise<PersonAnswerFacts> {
  const { state } = person
  if (pinned?.held) {
    const asOf = await deps.views.past(state.patientId, pinned.version, pinned.held.at)
    return await gather(access, person, asOf, { ...pinned.held, hasTakenBack: asOf.hasTakenBack }, deps)
  }
  // A page goes on in its version; what has become another's or sensitive since is not shown for that.
  if (pinned && pinned.version !== state.version) {
    const past = await deps.views.past(state.patientId, pinned.version, deps.now())
    return await gather(access, person, past, undefined, deps)
  }
  const shared = await deps.views.shared(state.patientId, state.version)
  const second = Math.floor(deps.now() / 1_000)
  const known = gathered.get(shared) ?? new Map<string, Gathered>()
  gathered.set(shared, known)
  const key = JSON.stringify([access.key, person.withAddress])
  const before = known.get(key)
  if (before?.state === state && before.second === second) return before.facts
  const facts = await gather(access, person, shared, undefined, deps)
  if (facts.isForAll) {
    if (known.size >= mostGathered) known.clear()
    known.set(key, { state, second, facts })
  }
  return facts
}

async function gather(
  access: Access,
  person: OpenPerson,
  everything: PersonView,
  held: (HeldAt & Pick<PastView, 'hasTakenBack'>) | undefined,
  deps: Deps
): Promise<PersonAnswerFacts> {
  const { state, withAddress } = person
  const now = deps.now()
  const session = sessionAuthority(access.reader)
  const known = sourcesOfPerson(state, session, deps.catalogue)
  const sources = known.map((source) => forReader(source, access))
  const { version } = everything
  const sessionOnly = new Set(
    sources.filter(({ asked }) => asked.source?.retention === 'session').map(({ asked }) => asked.sourceId)
  )
  const view = held
    ? without(everything, sessionOnly)
    : await withSession(everything, state, { session, sessionOnly }, now, deps)
  const registered = known.find(({ asked }) => asked.relation === 'registered')
  // Then the former practice may still have spoken for itself.
  const takenOver = takenOverSections(held ? undefined : registered?.facts)
  const circumstances = {
    ...circumstancesOf(sources, takenOver, withAddress, deps.baseUrl()),
    sessionOnly
  }
  const selection = select(view, access, circumstances)
  const completeness = held
    ? completenessAsHeld(sources, person, selection, held)
    : completenessOf(sources, person, selection, circumstances, now)
  const isOfSession = view.items.some(({ expiresAt }) => expiresAt !== undefined)
  return {
    state,
    version,
    ...(held && { held }),
    selection,
    circumstances,
    showing: showingOf(access, { everything, view }, circumstances, session, deps),
    completeness,
    isAllFresh:
      held !== undefined ||
      (withAddress && sources.filter(isAskable).every(({ asked, facts }) => isFresh(asked, facts, now))),
    isForAll: view === everything && sessionOnly.size === 0,
    key: digestOf([
      state.patientId,
      version,
      londonDay(held?.at ?? now), // a medicine may have run out since yesterday
      selectionKey(access, circumstances),
      completenessKey(completeness),
      // What a session was shown differs between sessions of the same role.
      isOfSession ? session : '',
      // Of an earlier version less is shown once something of it is found to be sensitive, or another's.
      version === state.version && !held
        ? ''
        : selection.items.map(({ key, labels }) => [key, ...(labels ?? [])])
    ]),
    now
  }
}

/** Of sources only those that the record has something of: nothing else depends on the others. */
function showingOf(
  access: Access,
  { everything, view }: { readonly everything: PersonView; readonly view: PersonView },
  { hiddenSources, formerSources, takenOver, sessionOnly, ...others }: Circumstances,
  session: string,
  { sensitiveCodes }: Deps
): string {
  const speaking = new Set([...everything.items, ...view.items].map(({ sourceId }) => sourceId))
  const former = formerSources.intersection(speaking)
  const key = selectionKey(access, {
    ...others,
    sessionOnly: new Set(),
    hiddenSources: hiddenSources.intersection(speaking),
    formerSources: former,
    takenOver: former.size === 0 ? new Set() : takenOver
  })
  const ofSession = view.items
    .filter(({ expiresAt }) => expiresAt !== undefined)
    .map(({ key: item, version }) => [session, item, version])
  const digest = digestOf([
    key,
    [...sessionOnly.intersection(speaking)].sort(),
    [...sensitiveCodes],
    ofSession
  ])
  return Buffer.from(digest, 'base64url').toString('hex', 0, 8)
}

const digestOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/** What everybody may see and, for a session that a source answered, what only that session may. */
export async function withSession(
  everything: PersonView,
  state: PersonState,
  { session, sessionOnly }: { readonly session: string; readonly sessionOnly: ReadonlySet<string> },
  now: number,
  { views }: Deps
): Promise<PersonView> {
  // What was kept for everybody before the source allowed only the session is for nobody.
  const shared = sessionOnly.size === 0 ? everything : without(everything, sessionOnly)
  if (!state.sources.some(({ authority, asAt }) => authority === session && asAt !== undefined)) return shared
  const own = await views.session(state.patientId, everything.version, session)
  const live = own.items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  // The same item may have been kept for everybody before, or be by now: what the session was shown stands.
  const ofSession = new Set(live.map(({ key }) => key))
  const others = shared.items.filter(({ key }) => !ofSession.has(key))
  const items = [...others, ...live].sort((a, b) => compareInRecord(a, b, state.patientId))
  return { patientId: shared.patientId, version: shared.version, items }
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
  patientId: view.patientId,
  version: view.version,
  items: view.items.filter(({ sourceId }) => !sources.has(sourceId))
})

function circumstancesOf(
  sources: readonly SourceOfPerson[],
  takenOver: ReadonlySet<string>,
  withAddress: boolean,
  baseUrl: string
): Omit<Circumstances, 'sessionOnly'> {
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

function completenessAsHeld(
  sources: readonly SourceForReader[],
  person: OpenPerson,
  { hasWithheld }: Selection,
  { isBeforeMerge, isWhole, hasTakenBack }: HeldAt & Pick<PastView, 'hasTakenBack'>
): Completeness {
  return {
    sources: sources.map(({ asked, isRefused }) => statementAsHeld(asked, isRefused)),
    general: [
      'as-of',
      ...(isWhole ? [] : (['not-whole'] as const)),
      ...(hasTakenBack ? (['taken-back'] as const) : []),
      ...(isBeforeMerge ? (['before-merge'] as const) : []),
      ...(hasWithheld ? (['withheld'] as const) : []),
      ...identityRemarks(person)
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
