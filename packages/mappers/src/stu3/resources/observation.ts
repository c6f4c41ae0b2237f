import {
  defined,
  type Extension,
  type Observation,
  type ObservationComponent,
  type ObservationReferenceRange,
  type SampledData
} from '@chesil/fhir'
import { count, decimal, each, flag, isJson, type Json, many, some, text, word } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { same, toCode, toConcept, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { toDateTime, toInstant, toPeriod } from '../elements/dates.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import {
  hasUnreadComparator,
  quantityText,
  toQuantity,
  toRange,
  toRatio,
  toSimpleQuantity
} from '../elements/quantity.ts'
import { authors, encounters, targets, toReference, toReferences } from '../elements/references.ts'
import { keepAsText } from '../elements/unread.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same(
  ...(['registered', 'preliminary', 'final', 'amended', 'corrected'] as const),
  ...(['cancelled', 'entered-in-error', 'unknown'] as const)
)
const members = targets('Observation', 'QuestionnaireResponse', 'MolecularSequence')
const requests = targets('ServiceRequest', 'MedicationRequest')

/** Uncategorised data, a test group, a test result or a comment to one. @see https://simplifier.net/hl7fhirukcorer4/ukcore-observation */
export function toObservation(source: Json, item: Item): Observation {
  return defined({
    resourceType: 'Observation' as const,
    identifier: toIdentifiers(source['identifier'], item),
    basedOn: toReferences(source['basedOn'], item, requests),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    category: toConcepts(source['category'], 'Category', item),
    code: toRequiredConcept(source['code'], 'Observation', item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    ...toEffective(source, item),
    issued: toInstant(source['issued'], 'Issued', item),
    performer: toReferences(source['performer'], item, authors),
    ...toValue(source, 'Value', item),
    dataAbsentReason: toConcept(source['dataAbsentReason'], 'Why there is no value', item),
    interpretation: toConcepts(source['interpretation'], 'Interpretation', item),
    note: toNotes(source['comment'], item),
    bodySite: toConcept(source['bodySite'], 'Body site', item),
    method: toConcept(source['method'], 'Method', item),
    specimen: toReference(source['specimen'], item, targets('Specimen'), { bond: 'part' }),
    device: toReference(source['device'], item, targets('Device')),
    referenceRange: each(source['referenceRange'], (range) => toReferenceRange(range, item)),
    ...toRelated(source, item),
    component: each(source['component'], (component) => toComponent(component, item))
  })
}

function toEffective(source: Json, item: Item): Pick<Observation, 'effectiveDateTime' | 'effectivePeriod'> {
  const effectiveDateTime = toDateTime(source['effectiveDateTime'], 'Date', item)
  const effectivePeriod = effectiveDateTime ? undefined : toPeriod(source['effectivePeriod'], 'Date', item)
  return defined({ effectiveDateTime, effectivePeriod })
}

type Value = Pick<
  ObservationComponent,
  | 'valueQuantity'
  | 'valueCodeableConcept'
  | 'valueString'
  | 'valueBoolean'
  | 'valueRange'
  | 'valueRatio'
  | 'valueSampledData'
  | 'valueTime'
  | 'valueDateTime'
  | 'valuePeriod'
>

const valueMappers: readonly (readonly [string, (value: unknown, label: string, item: Item) => Value])[] = [
  ['valueQuantity', toQuantityValue],
  [
    'valueCodeableConcept',
    (value, label, item) => defined({ valueCodeableConcept: toConcept(value, label, item) })
  ],
  ['valueString', (value) => defined({ valueString: text(value) })],
  ['valueBoolean', (value) => defined({ valueBoolean: flag(value) })],
  ['valueRange', (value, label, item) => defined({ valueRange: toRange(value, label, item) })],
  ['valueRatio', (value, label, item) => defined({ valueRatio: toRatio(value, label, item) })],
  [
    'valueSampledData',
    (value, label, item) => defined({ valueSampledData: toSampledData(value, label, item) })
  ],
  ['valueTime', (value, label, item) => defined({ valueTime: toTime(value, label, item) })],
  ['valueDateTime', (value, label, item) => defined({ valueDateTime: toDateTime(value, label, item) })],
  ['valuePeriod', (value, label, item) => defined({ valuePeriod: toPeriod(value, label, item) })]
]

/** The number is not the value where it cannot be read whether it is more or less than that. */
function toQuantityValue(value: unknown, label: string, item: Item): Value {
  if (!isJson(value) || !hasUnreadComparator(value)) {
    return defined({ valueQuantity: toQuantity(value, label, item) })
  }
  keepAsText(value['comparator'], `${label} (comparator)`, item)
  return { valueString: quantityText(value) }
}

/** R4 allows one value. STU3 also has attachments: what they are called is kept as text. */
function toValue(source: Json, label: string, item: Item): Value {
  let found: Value = {}
  for (const [element, map] of valueMappers) {
    const value = source[element]
    if (value === undefined || value === null) continue
    if (Object.keys(found).length > 0) keepAsText(value, `Further ${label.toLowerCase()}`, item)
    else found = readValue(value, (from) => map(from, label, item), label, item)
  }
  const attachment = source['valueAttachment']
  if (isJson(attachment)) keepAsText(attachment['title'] ?? attachment['url'], `${label} (attachment)`, item)
  return found
}

/** A value that comes to nothing is kept as text, unless that has been done on the way. */
function readValue(value: unknown, map: (value: unknown) => Value, label: string, item: Item): Value {
  const before = item.unread.length
  const found = map(value)
  if (Object.keys(found).length === 0 && item.unread.length === before) keepAsText(value, label, item)
  return found
}

function toSampledData(value: unknown, label: string, item: Item): SampledData | undefined {
  if (!isJson(value)) return undefined
  const origin = toSimpleQuantity(value['origin'], label, item)
  const dimensions = count(value['dimensions'])
  const period = decimal(value['period'])
  if (origin === undefined || period === undefined || !dimensions) return undefined
  return defined({
    origin,
    period,
    factor: decimal(value['factor']),
    lowerLimit: decimal(value['lowerLimit']),
    upperLimit: decimal(value['upperLimit']),
    dimensions,
    data: word(value['data'])
  })
}

function toTime(value: unknown, label: string, item: Item): string | undefined {
  const time = word(value)
  if (time !== undefined && /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?$/.test(time)) return time
  keepAsText(value, label, item)
  return undefined
}

/** R4 wants a bound or a text (obs-3). */
function toReferenceRange(source: Json, item: Item): ObservationReferenceRange | undefined {
  const low = toSimpleQuantity(source['low'], 'Reference range from', item)
  const high = toSimpleQuantity(source['high'], 'Reference range to', item)
  const words = text(source['text'])
  if (low === undefined && high === undefined && words === undefined) return undefined
  return defined({
    low,
    high,
    type: toConcept(source['type'], 'Reference range', item),
    appliesTo: toConcepts(source['appliesTo'], 'Reference range', item),
    age: toRange(source['age'], 'Reference range for age', item),
    text: words
  })
}

/** Relations of STU3 that R4 has no element for. */
const furtherRelations = same('sequel-to', 'replaces', 'qualified-by', 'interfered-by')

/**
 * Observations that belong together: a group names its members, or a member its group. Any other relation, also
 * one that is not named, keeps what it leads to.
 *
 * @see https://hl7.org/fhir/R4/versions.html#extensions
 */
function toRelated(source: Json, item: Item): Pick<Observation, 'extension' | 'hasMember' | 'derivedFrom'> {
  const ofType = (type: string) =>
    many(source['related'])
      .filter((related) => related['type'] === type)
      .map((related) => related['target'])
  const others = many(source['related']).filter(
    ({ type }) => type !== 'has-member' && type !== 'derived-from'
  )
  return defined({
    extension: some(others.flatMap((other) => toFurtherRelation(other, item))),
    hasMember: toReferences(ofType('has-member'), item, members, { bond: 'part' }),
    derivedFrom: toReferences(ofType('derived-from'), item, members, { bond: 'whole' })
  })
}

function toFurtherRelation(related: Json, item: Item): Extension[] {
  const stated = word(related['type'])
  if (stated === undefined) item.unread.push('Relation to another observation was not recorded')
  else keepAsText(stated, 'Relation to another observation', item)
  const valueReference = toReference(related['target'], item, members)
  if (valueReference === undefined) return []
  const valueCode = furtherRelations.get(stated?.toLowerCase() ?? '')
  return [
    {
      url: 'http://hl7.org/fhir/3.0/StructureDefinition/extension-Observation.related',
      extension: [
        ...(valueCode === undefined ? [] : [{ url: 'type', valueCode }]),
        { url: 'target', valueReference }
      ]
    }
  ]
}

function toComponent(source: Json, item: Item): ObservationComponent {
  return defined({
    code: toRequiredConcept(source['code'], 'Component', item),
    ...toValue(source, 'Component value', item),
    dataAbsentReason: toConcept(source['dataAbsentReason'], 'Why there is no value', item),
    interpretation: toConcepts(source['interpretation'], 'Interpretation', item),
    referenceRange: each(source['referenceRange'], (range) => toReferenceRange(range, item))
  })
}
