import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }

/**
 * What a council's API does with what it is asked.
 *
 * - `slow`, `hang`, `fail`, `reset`: as practices do
 * - `garbage`: answers 200 with a web page, or with an answer cut off in the middle
 * - `not-known`: knows nobody
 * - `another-person`: answers about somebody else
 * - `unauthorised`: takes no token
 */
export const CouncilBehaviour = Type.Union([
  Type.Object(
    { kind: Type.Enum(['healthy', 'hang', 'reset', 'not-known', 'another-person', 'unauthorised']) },
    strict
  ),
  Type.Object({ kind: Type.Literal('slow'), ms: Type.Integer({ minimum: 0, maximum: 600_000 }) }, strict),
  Type.Object(
    { kind: Type.Literal('fail'), status: Type.Integer({ default: 500, minimum: 400, maximum: 599 }) },
    strict
  ),
  Type.Object({ kind: Type.Literal('garbage'), content: Type.Enum(['html', 'truncated']) }, strict)
])
export type CouncilBehaviour = Static<typeof CouncilBehaviour>
