import { defined, type Procedure, type ProcedurePerformer } from '@chesil/fhir'
import { each, type Json } from '../../json.ts'
import { toNotes } from '../../stu3/elements/annotations.ts'
import { same, toCode, toConcept, toConcepts, toRequiredConcept } from '../../stu3/elements/coding.ts'
import { toDateTime, toPeriod } from '../../stu3/elements/dates.ts'
import { toIdentifiers } from '../../stu3/elements/identifiers.ts'
import {
  encounters,
  organisations,
  targets,
  toReference,
  toReferences
} from '../../stu3/elements/references.ts'
import type { Item } from '../../stu3/item.ts'
import { subjectOf } from '../../stu3/subject.ts'

/** Two of STU3's words changed. @see https://hl7.org/fhir/R4/procedure-version-maps.html */
const statuses: ReadonlyMap<string, Procedure['status']> = new Map([
  ...same('preparation', 'in-progress', 'completed', 'entered-in-error', 'unknown'),
  ['suspended', 'on-hold'],
  ['aborted', 'stopped']
])
const performers = targets('Practitioner', 'PractitionerRole', 'Organization', 'Patient')
const reasons = targets('Condition', 'Observation', 'Procedure', 'DiagnosticReport', 'DocumentReference')

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-procedure */
export function toProcedure(source: Json, item: Item): Procedure {
  const performedDateTime = toDateTime(source['performedDateTime'], 'Performed', item)
  const status = toCode(source['status'], statuses, 'unknown', { label: 'Status', item })
  const isNotDone = source['notDone'] === true && status !== 'entered-in-error'
  return defined({
    resourceType: 'Procedure' as const,
    identifier: toIdentifiers(source['identifier'], item),
    basedOn: toReferences(source['basedOn'], item, targets('ServiceRequest')),
    partOf: toReferences(source['partOf'], item, targets('Procedure', 'Observation')),
    status: isNotDone ? ('not-done' as const) : status,
    statusReason: toConcept(source['notDoneReason'], 'Reason not done', item),
    category: toConcept(source['category'], 'Category', item),
    code: toRequiredConcept(source['code'], 'Procedure', item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    performedDateTime,
    performedPeriod:
      performedDateTime === undefined ? toPeriod(source['performedPeriod'], 'Performed', item) : undefined,
    performer: each(source['performer'], (performer) => toPerformer(performer, item)),
    location: toReference(source['location'], item, targets('Location')),
    reasonCode: toConcepts(source['reasonCode'], 'Reason', item),
    reasonReference: toReferences(source['reasonReference'], item, reasons),
    bodySite: toConcepts(source['bodySite'], 'Body site', item),
    outcome: toConcept(source['outcome'], 'Outcome', item),
    report: toReferences(source['report'], item, targets('DiagnosticReport', 'DocumentReference')),
    complication: toConcepts(source['complication'], 'Complication', item),
    followUp: toConcepts(source['followUp'], 'Follow-up', item),
    note: toNotes(source['note'], item),
    usedCode: toConcepts(source['usedCode'], 'Used', item)
  })
}

function toPerformer(source: Json, item: Item): ProcedurePerformer | undefined {
  const actor = toReference(source['actor'], item, performers)
  const onBehalfOf = toReference(source['onBehalfOf'], item, organisations)
  return actor && defined({ function: toConcept(source['role'], 'Role', item), actor, onBehalfOf })
}
