import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }

/** What PDS does with what it is asked; `limit` sets how many requests it takes a second. */
export const PdsBehaviour = Type.Union([
  Type.Object({ kind: Type.Literal('healthy') }, strict),
  Type.Object({ kind: Type.Literal('slow'), ms: Type.Integer({ minimum: 0, maximum: 600_000 }) }, strict),
  Type.Object({ kind: Type.Literal('hang') }, strict),
  Type.Object(
    { kind: Type.Literal('fail'), status: Type.Integer({ default: 500, minimum: 400, maximum: 599 }) },
    strict
  ),
  Type.Object(
    { kind: Type.Literal('limit'), requestsPerSecond: Type.Number({ exclusiveMinimum: 0 }) },
    strict
  )
])
export type PdsBehaviour = Static<typeof PdsBehaviour>
