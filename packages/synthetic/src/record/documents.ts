import codes from '../clinical-codes.json' with { type: 'json' }
import { businessIdentifier, profiled, referTo, type Stu3Resource, sct } from '../stu3.ts'
import { type Draft, pastDay, surgeryTime } from './draft.ts'
import type { Occasion } from './observations.ts'

/** The largest file that the documents interface hands out. */
const maxFileBytes = 5_242_880

/**
 * A letter filed at the practice. One in ten is too large to be fetched, so that it has no address and
 * says why.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/access_documents_development_documentreference.html
 */
export function addDocument(draft: Draft, { encounter, at }: Occasion = {}): Stu3Resource {
  const row = draft.random.pick(codes.documents)
  const id = draft.newId()
  const written = at ?? surgeryTime(draft, pastDay(draft))
  const description = `${row.display} of ${written.slice(0, 10)}`
  return draft.add({
    resourceType: 'DocumentReference',
    id,
    meta: profiled('CareConnect-GPC-DocumentReference-1'),
    masterIdentifier: { system: 'https://fhir.nhs.uk/Id/cross-care-setting-identifier', value: id },
    identifier: businessIdentifier(draft.newId()),
    status: 'current',
    type: sct(row),
    subject: referTo(draft.patient),
    created: written,
    indexed: written,
    author: [referTo(draft.random.pick(draft.staff.doctors).practitioner)],
    custodian: referTo(draft.staff.organization),
    description,
    content: [{ attachment: attachment(draft, id, description) }],
    context: {
      practiceSetting: sct({ code: '1060971000000108', display: 'General practice service' }),
      ...(encounter && { encounter: referTo(encounter) })
    }
  })
}

function attachment(draft: Draft, id: string, description: string) {
  const contentType = 'text/plain'
  if (draft.random.chance(0.1)) {
    return {
      contentType,
      title: 'The file is larger than 5 MB and cannot be fetched',
      size: maxFileBytes + 1
    }
  }
  return {
    contentType,
    url: `${draft.baseUrl}/documents/Binary/${id}`,
    size: letterText(description).length
  }
}

/** What stands in the file of a document with that description: plain text in ASCII. */
export const letterText = (description: string): string =>
  `${description}\n\nDear colleague,\n\nThis letter is about a person who does not exist.\n\nYours sincerely\n`
