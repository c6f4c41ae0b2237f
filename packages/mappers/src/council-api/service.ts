import { type ContributionEntry, councilLimits } from '@chesil/contracts'
import { type CodeableConcept, chesil, defined, type EpisodeOfCare, type Extension } from '@chesil/fhir'
import { findListedValue, type ListedColumn } from '../cld/values.ts'
import { dayInWords, serviceWords } from '../cld/words.ts'
import { decimal, some } from '../json.ts'
import { labelsOfWords } from '../sensitive-words.ts'
import {
  base,
  councilReference,
  type Draft,
  dayIn,
  type Making,
  patientReference,
  toEntry,
  wordsIn
} from './item.ts'

/**
 * A service in words that somebody at a bedside can read.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-episodeofcare
 */
export function toService(id: string, draft: Draft, making: Making): readonly ContributionEntry[] {
  const component = listedIn(draft, 'component', 'Service_Component')
  const type = listedIn(draft, 'type', 'Service_Type')
  const mechanism = listedIn(draft, 'deliveryMechanism', 'Delivery_Mechanism')
  const description = wordsIn(draft, 'description', councilLimits.words)
  const provider = wordsIn(draft, 'provider')
  const unit = wordsIn(draft, 'unit') ?? 'units'
  const units = decimal(draft.source['unitsPerWeek'])
  const period = periodIn(draft)
  const what = component?.text ?? type?.text ?? 'Care service'
  const lead = serviceWords(
    {
      what,
      mechanism: mechanism?.text,
      counted: units === undefined ? undefined : `${units} ${unit}`,
      provider
    },
    making.context.source.name
  )
  const facts = {
    path: `service/${id}`,
    sections: ['services'] as const,
    labels: labelsOfWords([what, type?.text, provider, description].join(' ')),
    lines: [
      `${lead}, as at ${dayInWords(making.asAt)}.`,
      ...spanOf(period, making.asAt),
      ...(description === undefined ? [] : [description])
    ]
  }
  const { extension, ...common } = base('EpisodeOfCare', facts, draft, making)
  const resource: EpisodeOfCare = defined({
    ...common,
    extension: [
      ...extension,
      ...conceptExtension('service-category', type),
      ...conceptExtension('delivery-mechanism', mechanism),
      ...(units === undefined
        ? []
        : [{ url: chesil.extension('planned-units-per-week'), valueDecimal: units }]),
      ...(provider === undefined
        ? []
        : [{ url: chesil.extension('care-provider'), valueReference: { display: provider } }])
    ],
    status: statusOf(period, making.asAt),
    type: some([component ?? type].filter((concept) => concept !== undefined)),
    patient: patientReference(making),
    managingOrganization: councilReference(making),
    period: period.start || period.end ? period : undefined
  })
  return [toEntry(resource, facts, making)]
}

/** In the words of release 2; a word that is on no list stays text. */
function listedIn(draft: Draft, member: string, column: ListedColumn): CodeableConcept | undefined {
  const words = wordsIn(draft, member)
  if (words === undefined) return undefined
  const code = findListedValue(column, words)
  if (code === undefined) {
    draft.unread.push(`${member} is not as the national lists have it`)
    return { text: words }
  }
  const system = chesil.codeSystem('client-level-data', column.toLowerCase().replaceAll('_', '-'))
  return { coding: [{ system, code, display: code }], text: code }
}

interface Span {
  readonly start?: string
  readonly end?: string
}

/** An end before the beginning is told, and ends nothing. */
export function periodIn(draft: Draft): Span {
  const start = dayIn(draft, 'start')
  const end = dayIn(draft, 'end')
  const isBackwards = start !== undefined && end !== undefined && end < start
  if (isBackwards) draft.unread.push(`It is said to have ended on ${dayInWords(end)}, before it began`)
  return { ...(start && { start }), ...(end && !isBackwards && { end }) }
}

function statusOf({ start, end }: Span, asAt: string): EpisodeOfCare['status'] {
  if (end !== undefined && end <= asAt) return 'finished'
  return start !== undefined && start > asAt ? 'planned' : 'active'
}

export function spanOf({ start, end }: Span, asAt: string): readonly string[] {
  const until = end === undefined ? [] : [`${end > asAt ? 'Planned until' : 'Until'} ${dayInWords(end)}.`]
  return start === undefined ? until : [`${start > asAt ? 'From' : 'Since'} ${dayInWords(start)}.`, ...until]
}

const conceptExtension = (name: string, concept: CodeableConcept | undefined): Extension[] =>
  concept ? [{ url: chesil.extension(name), valueCodeableConcept: concept }] : []
