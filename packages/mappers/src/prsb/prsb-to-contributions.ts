import type { Contribution, ContributionEntry, MappedMessage } from '@chesil/contracts'
import { word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { dayOf } from '../stu3/elements/dates.ts'
import { toLabels } from './answer.ts'
import { entriesOf } from './care-entries.ts'
import type { Document } from './document.ts'
import { documentName } from './document-name.ts'
import { draftsToEntries, partOf } from './draft.ts'
import { toFlags } from './flags.ts'
import { labelsIn, openEntries } from './labels.ts'
import { orderOf } from './order.ts'
import { patientToEntry } from './patient.ts'
import { toPeople } from './people.ts'
import { type Found, findPerson } from './person.ts'
import { toCarePlans } from './plans.ts'
import type { PrsbContent } from './read-prsb.ts'
import { toResponses } from './response.ts'
import { findSections } from './sections.ts'
import { toServices } from './services.ts'

/**
 * Maps a person's answers to UK Core R4: the response whole, and what its sections hold of plans, warnings, people and
 * services as items of their own, which go with it when another issue takes its place.
 *
 * Pure and repeatable. Refused as `no-person` or `wrong-person` where it cannot be told whose answers they are.
 */
export function prsbToContributions(content: PrsbContent, context: MessageContext): MappedMessage {
  const person = findPerson(content, context)
  if (typeof person === 'string') return { outcome: 'refused', reason: person }
  const { subject, patient } = person
  const document = toDocument(content, person, context)
  const isWithdrawn = word(content.response['status']) === 'entered-in-error'
  const entries = isWithdrawn
    ? []
    : [...tell(document), ...(patient ? [patientToEntry(patient, subject, document)] : [])]
  return {
    outcome: 'mapped',
    ...orderOf(content, context.receivedAt),
    parts: [{ subject, contribution: contributionOf(entries, document), identity: [], documents: [] }]
  }
}

/** What the document no longer names is withdrawn; with one that was entered in error, all of it. */
const contributionOf = (entries: readonly ContributionEntry[], { name }: Document): Contribution => ({
  mode: 'delta',
  wholeParts: [partOf(name)],
  sections: [],
  entries,
  quarantined: []
})

const tell = (document: Document): ContributionEntry[] => [
  ...toResponses(document),
  ...draftsToEntries(
    [toCarePlans, toFlags, toPeople, toServices].flatMap((map) => map(document)),
    document
  )
]

function toDocument(content: PrsbContent, { subject, patient }: Found, context: MessageContext): Document {
  const sections = findSections(content.questions)
  const entries = sections.flatMap(entriesOf)
  const labels = labelsIn(content.questions, sections, entries)
  const holders = new Set([content.envelope, content.response])
  return {
    content,
    context,
    name: documentName(content, subject.local),
    patient,
    personId: context.personId(subject.local),
    today: dayOf(context.receivedAt) ?? context.receivedAt.slice(0, 10),
    sections,
    entries: openEntries(entries, labels),
    labels,
    security: [...holders].flatMap(({ meta }) => toLabels(meta))
  }
}
