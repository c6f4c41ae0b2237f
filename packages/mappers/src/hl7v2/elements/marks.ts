import { itemTags } from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'
import { toNarrative } from './narrative.ts'

const withNotes = [
  'AllergyIntolerance',
  'Condition',
  'Observation',
  'Procedure',
  'ServiceRequest',
  'Specimen'
]
const noted: ReadonlySet<string> = new Set(withNotes)
const degraded = { system: chesil.itemTag, ...itemTags.degraded }

export const hasNotes = (resourceType: Resource['resourceType']): boolean => noted.has(resourceType)

/**
 * How an event marks its item where something could not be read: the words stand in a note, or in the narrative of
 * what has no notes. The latest event decides.
 *
 * @returns what the event sets, and what it clears.
 */
export function unreadMarks(
  resourceType: Resource['resourceType'],
  unread: readonly string[]
): { readonly set: Readonly<Record<string, unknown>>; readonly clear: readonly string[] } {
  const words = hasNotes(resourceType) ? 'note#unread' : 'text'
  const tag = 'meta.tag#degraded'
  if (unread.length === 0) return { set: {}, clear: [words, tag] }
  const lines = [...new Set(unread)]
  const said = hasNotes(resourceType) ? lines.map((text) => ({ text })) : toNarrative(lines)
  return { set: { [words]: said, [tag]: [degraded] }, clear: [] }
}
