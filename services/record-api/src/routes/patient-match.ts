import { isOutcomeError, type Patient } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces, toClosing } from '../http/bundle.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, neutralText } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { gradeOf, type MatchGrade, type MatchQuery, matchScores, parseMatch } from '../person/match-query.ts'
import { findOrTrace, pdsAway } from '../person/open-person.ts'
import { type Piece, toPiece } from '../view/gzip-stream.ts'
import { outcomeOf } from './person-request.ts'

const rule: RouteRule = {
  interaction: '$match',
  resourceType: 'Patient',
  needs: 's',
  purposes: identification
}
const Parameter = Type.Object({
  name: Type.String(),
  resource: Type.Optional(Type.Unknown({ description: 'Of `resource`: a Patient' })),
  valueBoolean: Type.Optional(Type.Boolean({ description: 'Of `onlyCertainMatches`' })),
  valueInteger: Type.Optional(Type.Integer({ description: 'Of `count`' }))
})
const Body = Type.Object({
  resourceType: Type.Literal('Parameters'),
  parameter: Type.Array(Parameter, { maxItems: 10 })
})
const matchGrade = 'http://hl7.org/fhir/StructureDefinition/match-grade'

/** `POST Patient/$match`: who is meant, and how sure that is. No source is asked. */
export function patientMatchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/Patient/$match',
      {
        config: { rule },
        schema: {
          operationId: 'matchPerson',
          summary: 'Find a person by what is known of them, and how sure that is',
          description:
            'By NHS number, compared with birth date and name; or by family name and birth date. Certain only where PDS has number, birth date and first name.',
          tags: ['Person'],
          body: Body
        }
      },
      async (request, reply) => {
        const query = parseMatch(request.body.parameter)
        const { patientIds, isAlone, remark } = await candidates(request, query, deps)
        const matches = await Promise.all(patientIds.map((id) => matchOne(request, id, query, isAlone, deps)))
        const found = matches.flatMap((match) => match ?? [])
        if (!request.isAudited) await deps.audit.refusal(request, 'nobody found')
        reply.header('Cache-Control', 'private, no-cache')
        return sendPieces(request, reply, toBundle(found, remark, deps))
      }
    )
  }
}

interface Candidates {
  readonly patientIds: readonly string[]
  /** Nobody else matches, also of those whom the reader did not want. */
  readonly isAlone: boolean
  readonly remark?: string
}

async function candidates(
  request: FastifyRequest,
  { by, onlyCertain, count }: MatchQuery,
  deps: Deps
): Promise<Candidates> {
  const context = { reader: request.access.reader, requestId: request.id }
  if (by.nhsNumber !== undefined) {
    const patientId = await findOrTrace(by.nhsNumber, context, deps)
    return { patientIds: patientId === undefined ? [] : [patientId], isAlone: true }
  }
  // A name and a birth date can be two people's.
  if (onlyCertain) return { patientIds: [], isAlone: false }
  const found = await deps.tracing.search(by.search, context).catch((error: unknown) => {
    throw isOutcomeError(error) && error.kind !== 'invalid' ? pdsAway(error) : error
  })
  if (!found) return { patientIds: [], isAlone: false, remark: 'Too many people match: give more details' }
  const patientIds = found.slice(0, count)
  return {
    patientIds,
    isAlone: found.length === 1,
    ...(patientIds.length < found.length && { remark: 'More people match than were asked for' })
  }
}

interface Match {
  readonly entry: Piece
  readonly facts: PersonAnswerFacts
}

/** Whose details are not those that were given is not shown, nor told to be somebody. */
async function matchOne(
  request: FastifyRequest,
  patientId: string,
  { claimed, by, onlyCertain }: MatchQuery,
  isAlone: boolean,
  deps: Deps
): Promise<Match | undefined> {
  const answer = await answerAboutPerson<Match | undefined>(
    request,
    {
      patientId,
      compose: (facts) => {
        const item = facts.selection.byKey.get(`Patient/${facts.state.patientId}`)
        if (!item) return { content: undefined, count: 0, refusal: 'not shown' }
        const body = item.body.toString()
        const byName = isAlone ? 'probable' : 'possible'
        const grade = by.nhsNumber ? gradeOf(claimed, JSON.parse(body) as Patient) : byName
        if (grade === undefined) return { content: undefined, count: 0, refusal: 'details are not theirs' }
        if (onlyCertain && grade !== 'certain')
          return { content: undefined, count: 0, refusal: 'no certain match' }
        return { content: { entry: toEntry(body, item.key, grade, deps), facts }, count: 1 }
      }
    },
    deps
  )
  return answer?.content
}

function toEntry(body: string, key: string, grade: MatchGrade, { baseUrl }: Deps): Piece {
  const search = {
    extension: [{ url: matchGrade, valueCode: grade }],
    mode: 'match',
    score: matchScores[grade]
  }
  return toPiece(
    Buffer.from(`{"fullUrl":"${baseUrl()}/${key}","resource":${body},"search":${JSON.stringify(search)}},`)
  )
}

function toBundle(found: readonly Match[], remark: string | undefined, { ids, now }: Deps) {
  const words = [...(remark === undefined ? [] : [remark]), ...(found.length === 0 ? [neutralText] : [])]
  const outcome = {
    resourceType: 'OperationOutcome' as const,
    issue: [
      ...found.flatMap(({ facts }) => outcomeOf(facts, found.length > 1).issue),
      ...words.map((text) => ({
        severity: 'warning' as const,
        code: 'not-found' as const,
        details: { text }
      }))
    ]
  }
  const head = {
    type: 'searchset' as const,
    id: ids.newId(),
    lastUpdated: now(),
    total: found.length,
    links: []
  }
  return bundlePieces(
    head,
    found.map(({ entry }) => entry),
    toClosing(outcome)
  )
}
