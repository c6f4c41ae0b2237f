import type { Mapped, SectionStatement } from '@chesil/contracts'
import { type Json, many } from '../json.ts'
import { withDemographicsWarning } from '../stu3/person.ts'
import type { GpConnectContext } from './context.ts'
import { findBundle, type Reading, readAnswer } from './read-answer.ts'
import { toSectionStatements } from './sections.ts'
import { toContribution } from './structured-record.ts'

/**
 * Maps what a practice answered to a GP Connect search for a person's documents. It speaks for the section
 * `documents` and for no other.
 *
 * @param answer The parsed JSON, of any shape.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-0/access_documents_development_search_patient_documents.html
 */
export function documentSearchToContribution(answer: unknown, context: GpConnectContext): Mapped {
  const bundle = findBundle(answer, 'searchset')
  if (bundle === undefined) return { outcome: 'refused', reason: 'not-a-record' }
  if (isEmpty(bundle)) return { outcome: 'mapped', contribution: nothingFound }
  const reading = readAnswer(bundle, context)
  if (typeof reading === 'string') return { outcome: 'refused', reason: reading }
  return {
    outcome: 'mapped',
    contribution: toContribution(reading.answer, [toStatement(reading)], ['documents'])
  }
}

/**
 * A search that finds nothing includes nobody either: the Patient comes along with a document. One that
 * counts documents, or has more pages to come, has found something.
 */
function isEmpty(bundle: Json): boolean {
  const { entry = [], total = 0 } = bundle
  return Array.isArray(entry) && entry.length === 0 && total === 0 && !hasMore(bundle)
}

const hasMore = (bundle: Json): boolean => many(bundle['link']).some((link) => link['relation'] === 'next')

const nothingFound = {
  mode: 'snapshot',
  sections: [{ section: 'documents', state: 'empty', warnings: [], complete: true }],
  entries: [],
  quarantined: []
} as const

/** More pages to come, or a warning with the answer, and it does not speak for all documents. */
function toStatement({ bundle, answer, outcomes, differsFromPds }: Reading): SectionStatement {
  const found = answer.items.some((item) => item.type === 'DocumentReference')
  const [{ warnings }] = toSectionStatements([], outcomes, ['documents']) as [SectionStatement]
  const statement: SectionStatement = {
    section: 'documents',
    state: found ? 'returned' : 'empty',
    warnings,
    complete: !hasMore(bundle) && warnings.length === 0
  }
  return differsFromPds ? withDemographicsWarning(statement) : statement
}
