import type { ContributionEntry } from '@chesil/contracts'
import { defined, type Observation } from '@chesil/fhir'
import type { Reading } from '../elements/reading.ts'
import { type Body, type ItemName, toEventEntry } from './item-entry.ts'

const choices = ['Quantity', 'CodeableConcept', 'String', 'Range', 'Ratio', 'Time', 'DateTime']
/** All that a message may say of a result besides its status: what it leaves out is no longer so. */
const elements = [
  ...['identifier', 'basedOn', 'category', 'encounter', 'effectiveDateTime', 'issued', 'performer'],
  ...choices.map((type) => `value${type}`),
  ...['component', 'dataAbsentReason', 'interpretation', 'note', 'bodySite', 'method', 'device', 'specimen'],
  'referenceRange'
]

const baseOf = ({ code, subject }: Body<Observation>): Body<Observation> =>
  defined({ resourceType: 'Observation' as const, status: 'unknown' as const, code, subject })

/**
 * One of the messages that tell of a result: the latest is the result, whole.
 *
 * @param isStatusOnly It says how the result stands and not what it is, which stays as it was.
 */
export function toResultEntry(
  body: Body<Observation>,
  { name, isStatusOnly, reading }: { name: ItemName; isStatusOnly: boolean; reading: Reading }
): ContributionEntry {
  const { resourceType: _, subject: _subject, ...set } = body
  const about = { body: baseOf(body), name, reading }
  if (isStatusOnly)
    return toEventEntry({ kind: 'status', set: { status: body.status } }, { ...about, keepsMarks: true })
  return toEventEntry({ kind: 'result', set, clear: elements.filter((element) => !(element in set)) }, about)
}

/** A result that its source takes back; a later message makes it anew. */
export const toWithdrawnResult = (
  subject: Observation['subject'],
  name: ItemName,
  reading: Reading
): ContributionEntry => {
  const code = { text: 'Withdrawn' }
  const body = defined({
    resourceType: 'Observation' as const,
    status: 'entered-in-error' as const,
    code,
    subject
  })
  return toEventEntry({ kind: 'withdrawal', set: {}, deletes: true }, { body, name, reading })
}
