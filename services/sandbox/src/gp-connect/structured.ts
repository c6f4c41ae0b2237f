import { londonDay } from '@chesil/fhir'
import { notSupported, type Stu3Bundle, selectSections, withListWarning } from '@chesil/synthetic'
import type { Deps } from '../deps.ts'
import type { PersonState, PracticeState } from '../world/world.ts'
import { type Answer, findConsenting, isRefusal } from './exchange.ts'
import { parseParameters, type StructuredRequest } from './parameters.ts'
import type { Refusal } from './refusal.ts'

/** Answers `$gpc.getstructuredrecord`: headers and token have been checked. */
export function structuredRecord(
  practice: PracticeState,
  { body, traceId }: { readonly body: unknown; readonly traceId: string },
  { world, payloads, now }: Pick<Deps, 'world' | 'payloads' | 'now'>
): Answer | Refusal {
  const request = parseParameters(body, londonDay(now()))
  if (isRefusal(request)) return request
  const state = findConsenting(practice, world, ({ person }) => person.nhsNumber === request.nhsNumber)
  if (isRefusal(state)) return state
  const text = state.record.findText()
  const { person, record, inTransit } = state
  const key = [
    person.practice,
    person.nhsNumber,
    record.revision,
    inTransit,
    text === undefined ? request.key : ''
  ].join(' ')
  const payload = payloads.get(key, () => text ?? withoutHead(answerTo(request, state)))
  return { head: text === undefined ? headWith(traceId) : '', payload }
}

/** The specification wants the request's trace id as the Bundle's id, so that alone is new in each answer. */
const headWith = (traceId: string): string => `{"resourceType":"Bundle","id":${JSON.stringify(traceId)},`

function withoutHead({ resourceType: _type, id: _id, ...rest }: Stu3Bundle): string {
  return JSON.stringify(rest).slice(1)
}

function answerTo(request: StructuredRequest, { record, inTransit }: PersonState): Stu3Bundle {
  const held = inTransit ? withListWarning(record.read(), { code: 'data-in-transit' }) : record.read()
  const selected = record.bySection ? selectSections(held, request.sections) : held
  if (request.unrecognised.length === 0) return selected
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: request.unrecognised.map((name) => notSupported(name, `${name} is an unrecognised parameter`))
  }
  return { ...selected, entry: [...selected.entry, { resource: outcome }] }
}
