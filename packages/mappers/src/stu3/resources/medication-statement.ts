import { chesil, defined, type Extension, type MedicationStatement, ukCoreExtension } from '@chesil/fhir'
import { type Json, many, word } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { codesOf, same, toCode, toConcept, toConcepts } from '../elements/coding.ts'
import { dayOf, toDateTime, toPeriod } from '../elements/dates.ts'
import { toDosages } from '../elements/dosage.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import {
  authors,
  encounters,
  findTarget,
  targets,
  toReference,
  toReferences
} from '../elements/references.ts'
import type { Item } from '../item.ts'
import {
  currencyNotes,
  currencyOf,
  currencyUntil,
  laterOf,
  type MedicineFacts,
  settledStatus
} from '../medicine-currency.ts'
import { subjectOf } from '../subject.ts'
import { toMedicationChoice } from './medication-choice.ts'

const statuses = same(
  ...([
    'active',
    'completed',
    'entered-in-error',
    'intended',
    'stopped',
    'on-hold',
    'unknown',
    'not-taken'
  ] as const)
)
const requests = targets('MedicationRequest', 'ServiceRequest')
const reasons = targets('Condition', 'Observation', 'DiagnosticReport')

/**
 * One medicine of the person: what is counted as medicines, not its requests.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-medicationstatement
 */
export function toMedicationStatement(source: Json, item: Item): MedicationStatement {
  const status = toStatus(source, item)
  const effectivePeriod = toPeriod(source['effectivePeriod'], 'Effective', item)
  const effectiveDateTime = toDateTime(source['effectiveDateTime'], 'Effective', item)
  const period = effectivePeriod ?? (effectiveDateTime === undefined ? {} : { start: effectiveDateTime })
  const facts = toFacts(source, item, status, period)
  const { asAtDay } = item.answer
  return defined({
    resourceType: 'MedicationStatement' as const,
    extension: [...toCurrency(facts, asAtDay), ...toExtensions(extensionsOf(source), item)],
    identifier: toIdentifiers(source['identifier'], item),
    basedOn: toReferences(source['basedOn'], item, requests, { bond: 'part' }),
    status: settledStatus(facts, asAtDay) ?? status,
    statusReason: toConcepts(source['reasonNotTaken'], 'Reason not taken', item),
    category: toConcept(source['category'], 'Category', item),
    ...toMedicationChoice(source, item),
    subject: subjectOf(item),
    context: toReference(source['context'], item, encounters),
    effectivePeriod,
    effectiveDateTime: effectivePeriod === undefined ? effectiveDateTime : undefined,
    dateAsserted: toDateTime(source['dateAsserted'], 'Asserted on', item),
    informationSource: toReference(source['informationSource'], item, authors),
    derivedFrom: toReferences(source['derivedFrom'], item, undefined),
    reasonCode: toConcepts(source['reasonCode'], 'Reason', item),
    reasonReference: toReferences(source['reasonReference'], item, reasons),
    note: toNotes(source['note'], item, currencyNotes(facts, asAtDay)),
    dosage: toDosages(source['dosage'], item)
  })
}

function toCurrency(facts: MedicineFacts, today: string): Extension[] {
  const until = currencyUntil(facts, today)
  return [
    { url: chesil.medicineCurrency, valueCode: currencyOf(facts, today) },
    ...(until === undefined ? [] : [{ url: chesil.medicineCurrencyUntil, valueDate: until }])
  ]
}

/** STU3's `taken` became a status. GP systems fill in `unk`, which says nothing. */
function toStatus(source: Json, item: Item): MedicationStatement['status'] {
  const status = toCode(source['status'], statuses, 'unknown', { label: 'Status', item })
  return source['taken'] === 'n' && status !== 'entered-in-error' ? 'not-taken' : status
}

function toFacts(
  source: Json,
  item: Item,
  status: string,
  { start, end }: { start?: string; end?: string }
): MedicineFacts {
  const plan = findPlan(source, item)
  const planned = extensionsOf(plan?.source)
  const repeat = planned.get('medicationrepeatinformation')?.[0]
  const lastIssued = extensionsOf(source).get('medicationstatementlastissuedate')?.[0]?.['valueDateTime']
  return defined({
    status,
    planStatus: word(plan?.source['status'])?.toLowerCase(),
    prescriptionType: typeOf(planned.get('prescriptiontype')?.[0]),
    isRepeatable: repeat !== undefined,
    authorisedUntil: dayOf(extensionsOf(repeat).get('authorisationexpirydate')?.[0]?.['valueDateTime']),
    start: dayOf(start),
    end: dayOf(end),
    lastIssued: laterOf(dayOf(lastIssued), plan && item.answer.lastIssues.get(plan))
  })
}

/** The request that the statement is based on, unless it may be about somebody else. */
function findPlan(source: Json, item: Item): Item | undefined {
  for (const reference of many(source['basedOn'])) {
    const target = findTarget(word(reference['reference']) ?? '', item)
    if (target && !target.withheld && target.type === 'MedicationRequest') return target
  }
  return undefined
}

const prescriptionTypes = new Set([
  'acute',
  'repeat',
  'repeat-dispensing',
  'delayed-prescribing',
  'acute-handwritten'
])

/** Where a record has lost it, providers write "No information available". */
const typeOf = (extension: Json | undefined): string | undefined =>
  codesOf(extension?.['valueCodeableConcept'], () => true).find((code) => prescriptionTypes.has(code))

const agencies = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-MedicationPrescribingOrganizationType'
/** UK Core has no word for the third, `prescribed-by-previous-practice`, which keeps GP Connect's system. */
const ukCoreAgencies = new Set(['prescribed-at-gp-practice', 'prescribed-by-another-organisation'])

function toExtensions(found: ReadonlyMap<string, readonly Json[]>, item: Item): Extension[] {
  const result: Extension[] = []
  const issued = found.get('medicationstatementlastissuedate')?.[0]?.['valueDateTime']
  const lastIssued = toDateTime(issued, 'Last issued', item)
  if (lastIssued !== undefined) {
    result.push({ url: ukCoreExtension('MedicationStatementLastIssueDate'), valueDateTime: lastIssued })
  }
  const agency = toConcept(
    found.get('prescribingagency')?.[0]?.['valueCodeableConcept'],
    'Prescribed by',
    item
  )
  for (const coding of agency?.coding ?? [])
    if (ukCoreAgencies.has(coding.code ?? '')) coding.system = agencies
  if (agency) {
    result.push({
      url: ukCoreExtension('MedicationPrescribingOrganizationType'),
      valueCodeableConcept: agency
    })
  }
  const changed = found.get('medicationstatementdosagelastchanged')?.[0]?.['valueDateTime']
  const dosageChanged = toDateTime(changed, 'Dose last changed', item)
  if (dosageChanged !== undefined) {
    result.push({ url: ukCoreExtension('MedicationDosageLastChanged'), valueDateTime: dosageChanged })
  }
  return result
}
