import { type Completeness, completenessCodes, completenessToOutcome } from '@chesil/care-record'
import { chesil, type OperationOutcomeIssue, OutcomeError } from '@chesil/fhir'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { toClosing } from '../http/bundle.ts'
import { parsePrefer } from '../http/prefer.ts'
import { neutralText } from '../person/answer-person.ts'
import type { Freshening } from '../person/freshen.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import type { Piece } from '../view/gzip-stream.ts'

/** How fresh the reader wants the answer: `Prefer: wait=N`. */
export function fresheningOf(
  request: FastifyRequest,
  { now }: Pick<Deps, 'now'>,
  {
    refresh = false,
    defaultWaitSeconds
  }: { readonly refresh?: boolean; readonly defaultWaitSeconds?: number } = {}
): Freshening {
  const startedAt = now()
  const seconds = parsePrefer(request.headers['prefer']).waitSeconds ?? defaultWaitSeconds
  return { refresh, startedAt, ...(seconds !== undefined && { waitUntil: startedAt + seconds * 1_000 }) }
}

/** The answer for everybody who is shown nothing. */
export const nobody = (): OutcomeError => new OutcomeError('notFound', neutralText)

/**
 * A single resource cannot carry the completeness statement: it says whether anything is missing, and where
 * to read what.
 */
export function pointToCompleteness(reply: FastifyReply, facts: PersonAnswerFacts, baseUrl: string): void {
  const url = `${baseUrl}/Patient/${facts.state.patientId}/$completeness`
  reply.header('Link', `<${url}>; rel="${chesil.completeness}"`)
  reply.header('Chesil-Completeness', isComplete(facts.completeness) ? 'complete' : 'partial')
}

const isComplete = ({ sources, general }: Completeness): boolean =>
  sources.every(({ codes }) => codes[0] !== 'stored') &&
  [...sources.flatMap(({ codes }) => codes), ...general].every(
    (code) => completenessCodes[code].severity === 'information'
  )

/** @param names Whether each issue says whom it is about, where the answer speaks of several people. */
export const outcomeOf = ({ completeness, now, state }: PersonAnswerFacts, names = false) =>
  completenessToOutcome(completeness, now, names ? state.patientId : undefined)

const closings = new WeakMap<PersonAnswerFacts, Piece>()

/** The end of a Bundle that leaves out what the facts say and nothing else: the same for the same facts. */
export function closingOf(facts: PersonAnswerFacts): Piece {
  const known = closings.get(facts) ?? toClosing(outcomeOf(facts))
  closings.set(facts, known)
  return known
}

/** Only with lenient handling: without that filter, more is shown than was meant. */
export const ignoredIssue = (name: string): OperationOutcomeIssue => ({
  severity: 'warning',
  code: 'not-supported',
  details: { text: `The search parameter ${name.replace(/[^\w:.-]/g, '?').slice(0, 60)} was ignored` }
})
