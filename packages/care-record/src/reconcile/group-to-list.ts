import { chesil, type Extension, type List, type ListEntry } from '@chesil/fhir'
import type { Conflict, GroupMember, ItemGroup } from './item-group.ts'

const words = {
  'item-group': 'One thing, as several sources tell it',
  'person-conflict': 'Sources differ about the person',
  lead: 'Stands for the group',
  agrees: 'Agrees with the lead, or is silent',
  differs: 'Differs from the lead: always show it'
} as const

const concept = (code: keyof typeof words) => ({
  coding: [{ system: chesil.itemGroup, code, display: words[code] }]
})

/**
 * A group as FHIR. It is made for one answer and has no id of its own.
 *
 * @see docs/fhir.md, “What is one thing”
 */
export function groupToList(group: ItemGroup, patientId: string): List {
  const { members, firstConfirmed, lastConfirmed, conflicts } = group
  const sources = new Set(members.flatMap(({ differs, sourceId }) => (differs ? [] : [sourceId])))
  return {
    ...listOf('item-group', patientId),
    extension: [
      {
        url: chesil.extension('confirmed'),
        valuePeriod: { start: instant(firstConfirmed), end: instant(lastConfirmed) }
      },
      ...[...sources].sort().map((code) => ({
        url: chesil.extension('agreeing-source'),
        valueCoding: { system: chesil.source, code }
      })),
      ...conflicts.map(conflictExtension)
    ],
    entry: members.map((member) => entryOf(member.key, standingOf(member, group)))
  }
}

/** What sources differ about that is no one item: the entries are those that differ. */
export const conflictToList = (conflict: Conflict, patientId: string): List => ({
  ...listOf('person-conflict', patientId),
  extension: [conflictExtension(conflict)],
  entry: conflict.between.map((key) => entryOf(key, 'differs'))
})

const listOf = (code: 'item-group' | 'person-conflict', patientId: string): List => ({
  resourceType: 'List',
  status: 'current',
  mode: 'snapshot',
  code: concept(code),
  subject: { reference: `Patient/${patientId}` }
})

const instant = (ms: number): string => new Date(ms).toISOString()

const standingOf = ({ key, differs }: GroupMember, { lead }: ItemGroup) =>
  key === lead ? 'lead' : differs ? 'differs' : 'agrees'

const entryOf = (key: string, standing: 'lead' | 'agrees' | 'differs'): ListEntry => ({
  flag: concept(standing),
  item: { reference: key }
})

const conflictExtension = ({ kind, between, text }: Conflict): Extension => ({
  url: chesil.extension('conflict'),
  extension: [
    { url: 'kind', valueCode: kind },
    { url: 'text', valueString: text },
    ...between.map((reference) => ({ url: 'between', valueReference: { reference } }))
  ]
})
