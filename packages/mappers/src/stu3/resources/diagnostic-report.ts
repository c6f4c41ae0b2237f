import { type DiagnosticReport, type DiagnosticReportMedia, defined } from '@chesil/fhir'
import { each, type Json, many, text } from '../../json.ts'
import { toAttachment } from '../elements/attachments.ts'
import { same, toCode, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { toDateTime, toInstant, toPeriod } from '../elements/dates.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { authors, encounters, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same(
  ...(['registered', 'partial', 'preliminary', 'final', 'amended', 'corrected'] as const),
  ...(['appended', 'cancelled', 'entered-in-error', 'unknown'] as const)
)

/**
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-diagnosticreport
 * @see https://hl7.org/fhir/R4/diagnosticreport-version-maps.html
 */
export function toDiagnosticReport(source: Json, item: Item): DiagnosticReport {
  const actors = many(source['performer']).map((performer) => performer['actor'] ?? performer)
  return defined({
    resourceType: 'DiagnosticReport' as const,
    identifier: toIdentifiers(source['identifier'], item),
    basedOn: toReferences(source['basedOn'], item, targets('ServiceRequest'), { bond: 'part' }),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    category: toConcepts(source['category'], 'Category', item),
    code: toRequiredConcept(source['code'], 'Report', item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    ...toEffective(source, item),
    issued: toInstant(source['issued'], 'Issued', item),
    performer: toReferences(actors, item, authors),
    specimen: toReferences(source['specimen'], item, targets('Specimen'), { bond: 'part' }),
    result: toReferences(source['result'], item, targets('Observation'), { bond: 'part' }),
    media: each(source['image'], (image) => toMedia(image, item)),
    conclusion: text(source['conclusion']),
    conclusionCode: toConcepts(source['codedDiagnosis'], 'Conclusion', item),
    presentedForm: each(source['presentedForm'], (form) => toAttachment(form, item))
  })
}

function toEffective(
  source: Json,
  item: Item
): Pick<DiagnosticReport, 'effectiveDateTime' | 'effectivePeriod'> {
  const effectiveDateTime = toDateTime(source['effectiveDateTime'], 'Date', item)
  const effectivePeriod = effectiveDateTime ? undefined : toPeriod(source['effectivePeriod'], 'Date', item)
  return defined({ effectiveDateTime, effectivePeriod })
}

function toMedia(source: Json, item: Item): DiagnosticReportMedia | undefined {
  const link = toReference(source['link'], item, targets('Media'))
  return link && defined({ comment: text(source['comment']), link })
}
