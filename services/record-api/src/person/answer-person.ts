import { OutcomeError } from '@chesil/fhir'
import { findVersionAt, type PersonState, readHeldVersion } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import { directCare } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { type Cursor, isOfPerson } from '../http/cursors.ts'
import { isId } from '../http/id.ts'
import { type Freshening, freshen } from './freshen.ts'
import { gatherFacts, type PersonAnswerFacts, type PinnedVersion } from './gather-facts.ts'
import { type OpenPerson, passGate, sessionAuthority } from './open-person.ts'

/** The same for everybody who is shown nothing, whatever the reason. */
export const neutralText =
  'No record can be shown. Check the details; if they are right, ask the person or their GP practice.'

/** What a route made of the facts, ready to be sent once it is audited. */
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
  /** ms since 1970: what was held at that moment, under the policy of today. */
  readonly asOf?: number | undefined
  /** Absent: no source is asked. */
  readonly freshening?: Freshening
  readonly compose: (facts: PersonAnswerFacts) => PersonAnswer<Content> | Promise<PersonAnswer<Content>>
}

/** A person may change while they are read; whose gate changes again and again is not answered about for now. */
const maxCompositions = 4
/** What is sent of somebody who is written to all the time is of the moment at which it was composed. */
const compositionsForNews = 2

/**
 * The one way to an answer about a person: gate, fresh sources, view, policy, composition, audit. What was
 * composed from a state that had moved by the time of the audit is composed again; where only the content moved,
 * what was composed anew once stands: it is of a moment of this request, and names its version.
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
    const pinned = await pin(request, question, state, deps)
    const facts = await gatherFacts(request.access, person, pinned, deps)
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
    // What we knew was old: perhaps there is a source to ask that there was not.
    const present = await deps.states.read(question.patientId, sessionAuthority(request.access.reader))
    if (composition >= compositionsForNews && present && hasSameGate(state, present)) return answer
    if (composition >= maxCompositions)
      throw new OutcomeError('unavailable', 'The record is changing: try again')
    person = await open(request, withoutRefresh(question), deps)
  }
  return undefined
}

/** Nothing has changed of who the person is, and of what about them must not be shown; only what is said of them. */
function hasSameGate(before: PersonState, after: PersonState): boolean {
  return JSON.stringify(gateOf(before)) === JSON.stringify(gateOf(after))
}

function gateOf({ trace, sources, version: _, revision: __, expiresAt: ___, ...identity }: PersonState) {
  return {
    ...identity,
    trace: trace && { ...trace, tracedAt: undefined },
    sources: sources.flatMap(({ sourceId, authority, consentRefused, sections }) => {
      const wrongPatient = sections.reduce((sum, section) => sum + (section.wrongPatient ?? 0), 0)
      return consentRefused || wrongPatient > 0 ? [{ sourceId, authority, consentRefused, wrongPatient }] : []
    })
  }
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

/**
 * The version that a page or a moment asks for. A page of a moment is of the version that its first page had.
 *
 * @throws OutcomeError `invalid` for a moment to come, `notFound` for one before anything was held, `gone` for one at
 *   which it was in part another person's record.
 */
async function pin<Content>(
  request: FastifyRequest,
  { asOf: at, cursor }: PersonQuestion<Content>,
  state: PersonState,
  { audit, database, now }: Deps
): Promise<PinnedVersion | undefined> {
  if (at === undefined) return cursor && { version: cursor.version }
  if (at > now()) throw new OutcomeError('invalid', '_asOf is in the future: give a moment that is over')
  const { patientId, nhsNumber } = state
  const held = cursor
    ? await readHeldVersion(database, patientId, cursor.version)
    : await findVersionAt(database, patientId, at)
  if (held && held.version >= state.partedVersion) return { version: held.version, held: { at, ...held } }
  const reason = held ? 'as of a version of before a parting' : 'nothing was held then'
  await audit.disclosure(request, { patientId, nhsNumber, outcome: 'refused', reason })
  throw held
    ? new OutcomeError(
        'gone',
        'What was held then was in part of another person, who has been parted from this one'
      )
    : new OutcomeError('notFound', 'Nothing was held of this person at that moment')
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
  if (!isId(patientId)) return await refuse(request, undefined, deps)
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
