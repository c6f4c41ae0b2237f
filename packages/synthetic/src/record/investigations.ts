import codes from '../clinical-codes.json' with { type: 'json' }
import { businessIdentifier, profiled, referTo, type Stu3Resource, sct } from '../stu3.ts'
import { type Draft, pastDay, surgeryTime } from './draft.ts'
import { between, type Measured, type Occasion, observationOf, quantity } from './observations.ts'

/**
 * A blood test: request, specimen, report, the group's header and its results, which name each other.
 * One result in seven lies outside its range.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_pathology_guidance.html
 */
export function addInvestigation(
  draft: Draft,
  { encounter }: Pick<Occasion, 'encounter'> = {}
): Stu3Resource {
  const row = draft.random.pick(codes.investigations)
  const at = surgeryTime(draft, pastDay(draft, 1_800))
  const occasion = { at, ...(encounter && { encounter }) }
  const request = draft.add(requestOf(draft, row, occasion))
  const specimen = draft.add(specimenOf(draft, at))
  const group = { ...observationOf(draft, row, occasion), specimen: referTo(specimen) }
  const results = row.results.map((result) => resultOf(draft, result, { group, specimen, at }))
  draft.add({
    ...group,
    related: results.map((result) => ({ type: 'has-member', target: referTo(result) }))
  })
  for (const result of results) draft.add(result)
  return draft.add(reportOf(draft, { request, specimen, group, at }), 'investigations')
}

/** How many entries an investigation adds at most. */
export const investigationEntries = 4 + Math.max(...codes.investigations.map(({ results }) => results.length))

function requestOf(draft: Draft, row: { code: string; display: string }, occasion: Occasion): Stu3Resource {
  const id = draft.newId()
  const { encounter, at } = occasion
  return {
    resourceType: 'ProcedureRequest',
    id,
    meta: profiled('CareConnect-GPC-ProcedureRequest-1'),
    identifier: businessIdentifier(id),
    status: 'completed',
    intent: 'order',
    code: sct(row),
    subject: referTo(draft.patient),
    ...(encounter && { context: referTo(encounter) }),
    authoredOn: at,
    requester: { agent: referTo(draft.random.pick(draft.staff.doctors).practitioner) }
  }
}

function specimenOf(draft: Draft, at: string): Stu3Resource {
  const id = draft.newId()
  return {
    resourceType: 'Specimen',
    id,
    meta: profiled('CareConnect-GPC-Specimen-1'),
    identifier: businessIdentifier(id),
    status: 'available',
    type: sct({ code: '122555007', display: 'Venous blood specimen' }),
    subject: referTo(draft.patient),
    receivedTime: at,
    collection: { collectedDateTime: at }
  }
}

function resultOf(
  draft: Draft,
  row: Measured,
  { group, specimen, at }: { group: Stu3Resource; specimen: Stu3Resource; at: string }
): Stu3Resource {
  const usual = between(draft, row)
  const value = draft.random.chance(1 / 7) ? Number((row.high * 1.2).toFixed(row.decimals)) : usual
  const limit = (edge: number) => ({ value: edge, unit: row.unit })
  return {
    ...observationOf(draft, row, { at }),
    category: [sct({ code: '394595002', display: 'Pathology' })],
    valueQuantity: quantity(row, value),
    referenceRange: [{ low: limit(row.low), high: limit(row.high) }],
    related: [{ type: 'derived-from', target: referTo(group) }],
    specimen: referTo(specimen)
  }
}

function reportOf(
  draft: Draft,
  { request, specimen, group, at }: Record<'request' | 'specimen' | 'group', Stu3Resource> & { at: string }
): Stu3Resource {
  const id = draft.newId()
  return {
    resourceType: 'DiagnosticReport',
    id,
    meta: profiled('CareConnect-GPC-DiagnosticReport-1'),
    identifier: businessIdentifier(id),
    basedOn: [referTo(request)],
    status: 'final',
    code: sct({ code: '721981007', display: 'Diagnostic studies report' }),
    subject: referTo(draft.patient),
    issued: at,
    performer: [{ actor: referTo(draft.staff.organization) }],
    specimen: [referTo(specimen)],
    result: [referTo(group)]
  }
}
