import { defined, type Observation } from '@chesil/fhir'
import { isJson, type Json, many, one, text } from '../../json.ts'
import { toNotes } from '../../stu3/elements/annotations.ts'
import { same, toCode, toConcept } from '../../stu3/elements/coding.ts'
import { toDateTime, toPeriod } from '../../stu3/elements/dates.ts'
import { toIdentifiers } from '../../stu3/elements/identifiers.ts'
import { authors, encounters, toReference, toReferences } from '../../stu3/elements/references.ts'
import type { Item } from '../../stu3/item.ts'
import { subjectOf } from '../../stu3/subject.ts'

const statuses: ReadonlyMap<string, Observation['status']> = new Map([
  ...same('entered-in-error'),
  ['draft', 'preliminary'],
  ['completed', 'final']
])

/**
 * Update Record sends what a pharmacist wrote as impressions, each under a heading of the record that its tag
 * names. The record holds no impressions: it is an observation in words.
 */
export function toImpression(source: Json, item: Item): Observation {
  const date = toDateTime(source['effectiveDateTime'] ?? source['date'], 'Date', item)
  return defined({
    resourceType: 'Observation' as const,
    identifier: toIdentifiers(source['identifier'], item),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    code: toHeading(source, item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    effectiveDateTime: date,
    effectivePeriod: date === undefined ? toPeriod(source['effectivePeriod'], 'Date', item) : undefined,
    performer: toReferences(source['assessor'], item, authors),
    valueString: text(source['summary']),
    note: toNotes(source['note'], item, [text(source['description']), ...findingsOf(source)])
  })
}

function toHeading(source: Json, item: Item): Observation['code'] {
  const stated = toConcept(source['code'], 'Code', item)
  if (stated) return stated
  const [tag] = many(one(source['meta'])?.['tag'])
  return toConcept(tag && { coding: tag }, 'Heading', item) ?? { text: 'Clinical impression' }
}

const findingsOf = (source: Json): string[] =>
  many(source['finding']).flatMap(({ itemCodeableConcept: concept }) => {
    const words = isJson(concept)
      ? (text(concept['text']) ?? text(one(concept['coding'])?.['display']))
      : undefined
    return words === undefined ? [] : [`Finding: ${words}`]
  })
