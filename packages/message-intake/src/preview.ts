import { foldEvents } from '@chesil/care-record'
import {
  type ContributionEntry,
  itemTags,
  type MappedMessage,
  type MessagePart,
  type Preflight,
  type QuarantinedItem,
  type WebhookIssue
} from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import {
  type Database,
  findKnownPersons,
  findStandingItems,
  type WebhookSettlement
} from '@chesil/record-store'
import { checkContribution } from '@chesil/service-kit'

type PreviewedPerson = Preflight['persons'][number]
type PreviewedItem = PreviewedPerson['items'][number]

/** What a door said of an event that was tried at it. */
export function previewOfDoor(settlement: WebhookSettlement): Preflight {
  const none = { issues: [], gaps: [], persons: [] }
  if (settlement.outcome === 'rejected')
    return { ...none, outcome: 'rejected', reason: settlement.reason, issues: [...settlement.issues] }
  if (settlement.reason === 'denied') return { ...none, outcome: 'denied' }
  const gaps = (settlement.gaps ?? []).map(({ item, missing }) => ({ item, missing: [...missing] }))
  return { ...none, outcome: 'taken', gaps }
}

/** What would become of what a message was mapped to. Reads, and writes nothing. */
export async function previewParts(
  mapped: MappedMessage,
  sourceId: string,
  { database, validator }: { readonly database: Database; readonly validator: Validator }
): Promise<Pick<Preflight, 'outcome' | 'persons'> & Partial<Preflight>> {
  if (mapped.outcome === 'refused') return { outcome: 'rejected', reason: mapped.reason, persons: [] }
  const locals = mapped.parts.map(({ subject }) => subject.local)
  const known = await findKnownPersons(database, sourceId, locals)
  const persons = new Map<string, { isKnown: boolean; items: PreviewedItem[] }>()
  for (const part of mapped.parts) {
    const key = `${part.subject.local.system}|${part.subject.local.value}`
    const person = persons.get(key) ?? { isKnown: known.has(key), items: [] }
    persons.set(key, person)
    person.items.push(...(await previewPart(part, sourceId, { database, validator })))
  }
  return { outcome: 'taken', persons: [...persons.values()] }
}

async function previewPart(
  { contribution }: MessagePart,
  sourceId: string,
  { database, validator }: { readonly database: Database; readonly validator: Validator }
): Promise<PreviewedItem[]> {
  const checked = await checkContribution(contribution, { validator, foldEvents })
  const { entries, quarantined } = checked.contribution
  const standing = await findStandingItems(database, sourceId, entries)
  return [
    ...entries.map((entry) => previewEntry(entry, standing)),
    ...quarantined.map((item) => ({ item: nameOf(item), would: 'reject' as const, issues: [issueOf(item)] }))
  ]
}

function previewEntry(entry: ContributionEntry, standing: ReadonlySet<string>): PreviewedItem {
  const { resourceType, sourceResourceId, resource, event } = entry
  const isThere = standing.has(`${resourceType} ${sourceResourceId}`)
  const isGone = (!resource && !event) || event?.deletes === true
  const tags = (resource ?? event?.base)?.meta?.tag ?? []
  const isDegraded = tags.some(
    ({ system, code }) => system === chesil.itemTag && code === itemTags.degraded.code
  )
  const would = isGone ? (isThere ? 'withdraw' : 'change-nothing') : isThere ? 'update' : 'create'
  return { item: nameOf(entry), would, issues: isDegraded ? [degraded] : [] }
}

/** Sources' own ids may hold more than FHIR's. */
const nameOf = ({
  resourceType,
  sourceResourceId = ''
}: Pick<QuarantinedItem, 'resourceType' | 'sourceResourceId'>) =>
  sourceResourceId.startsWith(`${resourceType}/`) ? sourceResourceId : `${resourceType}/${sourceResourceId}`

const degraded: WebhookIssue = {
  text: 'A code, a date or a qualifier of it could not be read: it would stand as text, and be marked'
}

const issueOf = ({ reason, expression }: QuarantinedItem): WebhookIssue => ({
  text: `It would be kept out: ${reason}`,
  ...(expression !== undefined && { expression })
})
