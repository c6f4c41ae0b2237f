import type { ContributionEntry } from '@chesil/contracts'
import type { Message } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
import { resultsToEntries } from '../results/results-to-entries.ts'
import type { Group } from './group.ts'

const told = new Set(['PID', 'PV1', 'OBX', 'NTE'])

/** OBX beside a stay: what was measured or asked when the person came, and not by a laboratory. */
export function observations({ message, segments, subject, context }: Group): MessageBody {
  const from = segments.findIndex(({ name }) => name === 'OBX')
  if (from < 0) return { entries: [], quarantined: [], documents: [] }
  const before = segments.slice(0, from).filter(({ name }) => name === 'PID' || name === 'PV1')
  const results = segments.slice(from).filter(({ name }) => told.has(name))
  const alone: Message = { ...message, segments: [...message.segments.slice(0, 1), ...before, ...results] }
  const body = resultsToEntries(alone, subject, context)
  return { ...body, entries: body.entries.map(withoutCategory) }
}

function withoutCategory(entry: ContributionEntry): ContributionEntry {
  if (entry.resourceType !== 'Observation' || !entry.event) return entry
  const { category, ...set } = entry.event.set
  return { ...entry, event: { ...entry.event, set } }
}
