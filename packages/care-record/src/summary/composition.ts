import {
  type Composition,
  type CompositionSection,
  chesil,
  type Extension,
  type Resource,
  systems
} from '@chesil/fhir'
import { absenceCodes, toEmptyReason } from '../absence/absence-codes.ts'
import type { SectionState } from '../absence/section-state.ts'
import { completenessToOutcome } from '../completeness/completeness.ts'
import { bannerText } from './banner.ts'
import type { RecordItem } from './record-item.ts'
import type { SectionDefinition } from './section-definition.ts'
import type { SummaryInput } from './summary-input.ts'
import { div, list, paragraph, strongParagraph } from './xhtml.ts'

/** A section ready to be written down. */
export interface ComposedSection {
  readonly definition: SectionDefinition
  readonly state: SectionState
  readonly narrative: string
  readonly items: readonly RecordItem[]
  /** The entry that says that there is nothing, or that nobody knows. */
  readonly absent?: Resource
}

interface Parts {
  readonly sections: readonly ComposedSection[]
  /** `Patient/{id}` */
  readonly person: string
  /** Full URLs. */
  readonly author: string
  readonly custodian: string
  readonly isConfidential: boolean
}

/** @see https://hl7.org/fhir/uv/ips/STU1.1/StructureDefinition-Composition-uv-ips.html */
export function composition(parts: Parts, input: SummaryInput): Composition {
  const { sections, person, author, custodian, isConfidential } = parts
  const { patient, now, newId } = input
  const date = new Date(now).toISOString()
  return {
    resourceType: 'Composition',
    id: newId(),
    meta: { profile: ['http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips'] },
    language: 'en-GB',
    text: {
      status: 'generated',
      div: div([strongParagraph('Patient summary', ''), paragraph(bannerText(patient, now))].join(''))
    },
    status: 'final',
    type: { coding: [{ system: systems.loinc, code: '60591-5', display: 'Patient summary Document' }] },
    subject: { reference: person },
    date,
    author: [{ reference: author, type: 'Device' }],
    title: 'International Patient Summary',
    confidentiality: isConfidential ? 'R' : 'N',
    custodian: { reference: custodian, type: 'Organization' },
    event: [{ code: [{ coding: [{ system: systems.actClass, code: 'PCPR' }] }], period: { end: date } }],
    section: [sourcesSection(input), ...sections.map(toSection)]
  }
}

/** What the record leaves out, source by source: it comes before everything else. */
function sourcesSection({ completeness, conflicts }: SummaryInput): CompositionSection {
  // The document is kept: it names times, and no ages.
  const { issue } = completenessToOutcome(completeness, undefined)
  const texts = issue.map(({ details }) => details?.text ?? '')
  const warnings = issue.filter(({ severity }) => severity === 'warning').length
  const lead =
    warnings === 0 ? 'Every source has answered in full.' : 'Something may be missing from this summary:'
  const statements = issue.map(
    ({ extension = [], details }): Extension => ({
      url: chesil.extension('completeness'),
      extension: [
        ...extension,
        { url: 'statement', valueCodeableConcept: details ?? { text: 'Nothing is known of it' } }
      ]
    })
  )
  const missing = paragraph(lead) + (texts.length > 0 ? list(texts) : paragraph('No source is known.'))
  const differing = conflicts.map(({ text }) => strongParagraph('Sources differ:', text))
  return {
    extension: statements,
    title: 'Sources of this record',
    code: {
      coding: [{ system: chesil.summarySection, code: 'sources', display: 'Sources of this record' }]
    },
    text: {
      status: 'generated',
      div: div([missing, ...differing].join(''))
    }
  }
}

function toSection({ definition, state, narrative, items, absent }: ComposedSection): CompositionSection {
  const entry = [
    ...(absent ? [{ reference: `urn:uuid:${absent.id}`, type: absent.resourceType }] : []),
    ...items.map(({ key }) => ({ reference: key }))
  ]
  return {
    extension: [stateExtension(state)],
    title: definition.title,
    code: { coding: [definition.code] },
    text: { status: 'generated', div: narrative },
    ...(entry.length > 0 ? { entry } : { emptyReason: emptyReasonOf(state) })
  }
}

const emptyReasonOf = ({ code, text }: SectionState) =>
  toEmptyReason(code === 'content' || code === 'conflict' ? 'none-recorded' : code, text)

/** How the section stands, also where FHIR allows no `emptyReason` for being not empty. */
function stateExtension({ code, text }: SectionState): Extension {
  const display = code === 'content' || code === 'conflict' ? displays[code] : absenceCodes[code].display
  return {
    url: chesil.extension('section-state'),
    valueCodeableConcept: {
      coding: [{ system: chesil.absence, code, display }],
      ...(text !== '' && { text })
    }
  }
}

const displays = {
  content: 'Something current is shown',
  conflict: 'Sources differ on whether there is any'
} as const
