import {
  type Completeness,
  completenessKey,
  type GeneralCode,
  isFresh,
  sourceStatement,
  takenOverSections
} from '@chesil/care-record'
import type { Section } from '@chesil/contracts'
import { londonDay, OutcomeError } from '@chesil/fhir'
import type { PersonState } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import { type Access, directCare } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { type Cursor, isOfPerson } from '../http/cursors.ts'
import { compareInRecord, type PersonView } from '../view/person-view.ts'
import { type Circumstances, type Selection, select, selectionKey } from '../view/selection.ts'
import { type Freshening, freshen, isAskable } from './freshen.ts'
import { type OpenPerson, passGate, sessionAuthority } from './open-person.ts'
import { type SourceOfPerson, sourcesOfPerson } from './sources.ts'

/** The same for everybody who is shown nothing, whatever the reason. */
export const neutralText =
  'No record can be shown. Check the details; if they are right, ask the person or their GP practice.'

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

/** What a route made of them, ready to be sent once it is audited. */
export interface PersonAnswer<Content> {
  readonly content: Content
  /** Resources shown. */
  readonly count: number
  /** The one item that was read, `Type/id`. */
  readonly item?: string
  /** Why nothing is shown after all: a constant phrase, for the audit. */
  readonly refusal?: string
}

export interface PersonQuestion<Content> {
  /** Who is asked about; somebody merged is answered as their survivor. */
  readonly patientId: string
  /** The next page of an earlier answer: of its version. */
  readonly cursor?: Cursor | undefined
  /** Absent: no source is asked. */
  readonly freshening?: Freshening
  readonly compose: (facts: PersonAnswerFacts) => PersonAnswer<Content> | Promise<PersonAnswer<Content>>
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A person may change while they are read; one who changes again and again is not answered about for now. */
const maxCompositions = 4

/**
 * The one way to an answer about a person: gate, fresh sources, view, policy, composition, audit. What was
 * composed from a state that had moved by the time of the audit is composed again.
 *
 * @returns `undefined` for everybody who must not be shown, after auditing that somebody asked.
 * @throws OutcomeError `unavailable` when PDS is needed and away, or the access cannot be audited.
 */
export async function answerAboutPerson<Content>(
  request: FastifyRequest,
  question: PersonQuestion<Content>,
  deps: Deps
): Promise<PersonAnswer<Content> | undefined> {
  let person = await open(request, question, deps)
  for (let composition = 1; person; composition++) {
    const { state } = person
    await assertCursorHolds(request, question.cursor, state, deps)
    const facts = await gather(request, person, question.cursor?.version, deps)
    const answer = await question.compose(facts)
    const revision = await deps.audit.disclosure(request, {
      patientId: state.patientId,
      nhsNumber: state.nhsNumber,
      version: facts.version,
      count: answer.count,
      ...(answer.item !== undefined && { item: answer.item }),
      ...(answer.refusal === undefined
        ? { outcome: 'success' }
        : { outcome: 'refused', reason: answer.refusal })
    })
    if (revision === state.revision) return answer
    if (composition >= maxCompositions)
      throw new OutcomeError('unavailable', 'The record is changing: try again')
    // What we knew was old: perhaps there is a source to ask that there was not.
    await deps.states.read(question.patientId, sessionAuthority(request.access.reader))
    person = await open(request, withoutRefresh(question), deps)
  }
  return undefined
}

/** Before any view of that version is made: it may be another person's, or one that this person has yet to reach. */
async function assertCursorHolds(
  request: FastifyRequest,
  cursor: Cursor | undefined,
  state: PersonState,
  { audit }: Deps
): Promise<void> {
  if (!cursor || isOfPerson(cursor, state)) return
  const { patientId, nhsNumber } = state
  await audit.disclosure(request, { patientId, nhsNumber, outcome: 'refused', reason: 'page link is over' })
  throw new OutcomeError('gone', 'The person has been merged or parted since: start the search again')
}

/** Every source was asked again when the request came; asking twice is no fresher. */
function withoutRefresh<Content>(question: PersonQuestion<Content>): PersonQuestion<Content> {
  const { freshening } = question
  return freshening ? { ...question, freshening: { ...freshening, refresh: false } } : question
}

/** @returns `undefined` for somebody who must not be shown, after auditing it. */
async function open<Content>(
  request: FastifyRequest,
  { patientId, freshening, cursor }: PersonQuestion<Content>,
  deps: Deps
): Promise<OpenPerson | undefined> {
  if (!uuid.test(patientId)) return await refuse(request, undefined, deps)
  const { reader } = request.access
  const authority = sessionAuthority(reader)
  const cached = await deps.states.find(patientId, authority, deps.now())
  // Another process may have served a version that this one has not heard of.
  const isBehind = cached && cursor && cached.version < cursor.version
  const state = isBehind ? await deps.states.read(patientId, authority) : cached
  const person = await admit(request, state, deps)
  // A practice is asked in the reader's name, for direct care.
  if (!person || !freshening || !directCare.has(request.access.purposeOfUse)) return person
  const hasWaited = await freshen(person.state, reader, freshening, deps)
  return hasWaited ? await reopen(request, patientId, deps) : person
}

async function reopen(
  request: FastifyRequest,
  patientId: string,
  deps: Deps
): Promise<OpenPerson | undefined> {
  const state = await deps.states.read(patientId, sessionAuthority(request.access.reader))
  return await admit(request, state, deps)
}

async function admit(
  request: FastifyRequest,
  state: PersonState | undefined,
  deps: Deps
): Promise<OpenPerson | undefined> {
  const context = { reader: request.access.reader, requestId: request.id }
  const person = state && (await passGate(state, context, deps))
  return person === undefined || person === 'closed' ? await refuse(request, state, deps) : person
}

async function refuse(
  request: FastifyRequest,
  state: PersonState | undefined,
  { audit }: Deps
): Promise<undefined> {
  if (!state) await audit.refusal(request, 'no such person')
  else {
    await audit.disclosure(request, {
      patientId: state.patientId,
      nhsNumber: state.nhsNumber,
      outcome: 'refused',
      reason: 'person gate closed'
    })
  }
  return undefined
}

async function gather(
  request: FastifyRequest,
  { state, withAddress }: OpenPerson,
  pinned: number | undefined,
  deps: Deps
): Promise<PersonAnswerFacts> {
  const now = deps.now()
  const session = sessionAuthority(request.access.reader)
  const known = sourcesOfPerson(state, session, deps.catalogue)
  const sources = known.map((source) => forReader(source, request.access))
  const version = pinned ?? state.version
  const sessionOnly = new Set(
    sources.filter(({ asked }) => asked.source?.retention === 'session').map(({ asked }) => asked.sourceId)
  )
  const view = await viewOf(state, version, { session, sessionOnly }, now, deps)
  const takenOver = takenOverSections(known.find(({ asked }) => asked.relation === 'registered')?.facts)
  const circumstances = circumstancesOf(sources, takenOver, withAddress, deps.baseUrl())
  const selection = select(view, request.access, circumstances)
  const completeness = completenessOf(sources, { state, withAddress }, selection, circumstances, now)
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
      selectionKey(request.access, circumstances),
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

/** The type of which a section of a record mainly is. */
const typeOfSection: Record<Section, string> = {
  allergies: 'AllergyIntolerance',
  medications: 'MedicationStatement',
  problems: 'Condition',
  consultations: 'Encounter',
  immunisations: 'Immunization',
  uncategorised: 'Observation',
  investigations: 'DiagnosticReport',
  referrals: 'ServiceRequest',
  diary: 'ServiceRequest',
  documents: 'DocumentReference',
  demographics: 'Patient',
  admissions: 'Encounter',
  appointments: 'Appointment',
  procedures: 'Procedure'
}

interface SourceForReader extends SourceOfPerson {
  /** Sections are left out, whose types this reader may not read: that one is empty would also tell something. */
  readonly isPartlyTold: boolean
}

function forReader(source: SourceOfPerson, { mayRead }: Access): SourceForReader {
  const { facts } = source
  const sections = facts?.sections.filter(({ section }) => mayRead(typeOfSection[section])) ?? []
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
  { state, withAddress }: OpenPerson,
  { hasWithheld }: Selection,
  { takenOver }: Circumstances,
  now: number
): Completeness {
  return {
    sources: sources.map(({ asked, facts }) => sourceStatement(asked, facts, takenOver, now)),
    general: [
      ...(hasWithheld || sources.some(({ isPartlyTold }) => isPartlyTold) ? (['withheld'] as const) : []),
      ...(withAddress ? [] : (['pds-unreachable'] as const)),
      ...(sources.some(({ asked }) => asked.relation === 'registered') ? [] : [whyNoPractice(state)])
    ]
  }
}

const whyNoPractice = ({ trace }: PersonState): GeneralCode =>
  trace?.deceased ? 'deceased' : 'no-registered-practice'
