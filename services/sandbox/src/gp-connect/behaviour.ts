import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }

/**
 * What a practice does with what it is asked.
 *
 * - `slow`: answers, so many milliseconds later
 * - `hang`: takes the request and never answers
 * - `fail`: answers with that status, and an OperationOutcome with that code
 * - `reset`: resets the connection (RST)
 * - `garbage`: answers 200 with a web page; with a record cut off in the middle; with JSON that is no FHIR;
 *   with gzip that unpacks to 2 GB
 * - `other-patient`: answers with somebody else's record
 * - `not-found`, `no-consent`: answers 404 and 403 for everybody
 * - `drip`: answers so many bytes a second
 */
export const Behaviour = Type.Union([
  Type.Object({ kind: Type.Literal('healthy') }, strict),
  Type.Object({ kind: Type.Literal('slow'), ms: Type.Integer({ minimum: 0, maximum: 600_000 }) }, strict),
  Type.Object({ kind: Type.Literal('hang') }, strict),
  Type.Object(
    {
      kind: Type.Literal('fail'),
      status: Type.Integer({ default: 500, minimum: 400, maximum: 599 }),
      code: Type.String({ default: 'INTERNAL_SERVER_ERROR', maxLength: 64 })
    },
    strict
  ),
  Type.Object({ kind: Type.Literal('reset') }, strict),
  Type.Object(
    { kind: Type.Literal('garbage'), content: Type.Enum(['html', 'truncated', 'not-fhir', 'huge-gzip']) },
    strict
  ),
  Type.Object({ kind: Type.Literal('other-patient') }, strict),
  Type.Object({ kind: Type.Literal('not-found') }, strict),
  Type.Object({ kind: Type.Literal('no-consent') }, strict),
  Type.Object({ kind: Type.Literal('drip'), bytesPerSecond: Type.Integer({ minimum: 1 }) }, strict)
])
export type Behaviour = Static<typeof Behaviour>
