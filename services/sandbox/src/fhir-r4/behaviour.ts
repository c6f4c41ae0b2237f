import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }

/**
 * What a trust's FHIR endpoint does with what it is asked.
 *
 * - `slow`, `hang`, `fail`, `reset`: as practices do; `fail` answers with an OperationOutcome
 * - `garbage`: answers 200 with a web page, or with a searchset cut off in the middle
 * - `not-found`: knows nobody
 * - `other-patient`: finds somebody else
 * - `two-patients`: finds the person, and somebody else
 * - `other-items`: finds the person, and somebody else's items
 * - `page-loop`: the next page of a search is the same page
 * - `foreign-page`: the next page of a search is on another host
 * - `unauthorised`: takes no token
 */
export const TrustBehaviour = Type.Union([
  Type.Object(
    {
      kind: Type.Enum([
        'healthy',
        'hang',
        'reset',
        'not-found',
        'other-patient',
        'two-patients',
        'other-items',
        'page-loop',
        'foreign-page',
        'unauthorised'
      ])
    },
    strict
  ),
  Type.Object({ kind: Type.Literal('slow'), ms: Type.Integer({ minimum: 0, maximum: 600_000 }) }, strict),
  Type.Object(
    { kind: Type.Literal('fail'), status: Type.Integer({ default: 500, minimum: 400, maximum: 599 }) },
    strict
  ),
  Type.Object({ kind: Type.Literal('garbage'), content: Type.Enum(['html', 'truncated']) }, strict)
])
export type TrustBehaviour = Static<typeof TrustBehaviour>
