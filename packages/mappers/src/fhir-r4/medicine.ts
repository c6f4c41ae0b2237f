import { isJson, type Json, many, text, word } from '../json.ts'
import type { Candidate } from './read-answer.ts'
import { type Draft, rewrite } from './references.ts'
import { targetOf } from './subject.ts'

const insideId = 'medication'

/**
 * A prescription that refers to its medicine takes it along: without it, it would not say of what it is one.
 *
 * @param included What came with the prescriptions.
 */
export function withMedicine(source: Json, included: readonly Candidate[], draft: Draft): Json {
  const reference = source['medicationReference']
  const written = isJson(reference) ? word(reference['reference']) : undefined
  if (!isJson(reference) || written === undefined || written.startsWith('#')) return source
  const target = targetOf(written, draft.scope.person.bases)
  const medicine = included.find(
    ({ type, id, fullUrl }) =>
      type === 'Medication' && (fullUrl === written || (id === target?.id && target?.type === type))
  )
  if (medicine) return takeAlong(source, reference, medicine)
  if (text(reference['display']) !== undefined) return source
  draft.unread.add('Its source did not send the name of the medicine')
  return { ...source, medicationReference: { ...reference, display: 'Medicine not named by its source' } }
}

function takeAlong(source: Json, reference: Json, { source: medicine }: Candidate): Json {
  const { id: _id, meta: _meta, text: _text, contained: _contained, ...content } = medicine
  return {
    ...source,
    contained: [...many(source['contained']), { ...content, id: insideId }],
    medicationReference: { ...reference, reference: `#${insideId}` }
  }
}

/** What is inside an item: no people, and nothing that R4 lets it not have. */
export function rewriteContained(source: Json, draft: Draft): readonly unknown[] {
  return many(source['contained'])
    .filter((inside) => inside['resourceType'] !== 'Patient')
    .flatMap(({ text: _text, meta: _meta, ...inside }) => rewrite(inside, draft) ?? [])
}
