import type { ContributionEntry } from '@chesil/contracts'
import {
  type CareTeam,
  type CareTeamParticipant,
  defined,
  type Organization,
  type Practitioner,
  type PractitionerRole,
  type Reference,
  type RelatedPerson
} from '@chesil/fhir'
import { dayInWords } from '../cld/words.ts'
import { some } from '../json.ts'
import { labelsOfWords } from '../sensitive-words.ts'
import {
  base,
  councilReference,
  type Draft,
  idOf,
  type Making,
  patientReference,
  phoneIn,
  toEntry,
  wordsIn
} from './item.ts'

/**
 * Somebody of the person's own.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-relatedperson
 */
export function toContact(id: string, draft: Draft, making: Making): readonly ContributionEntry[] {
  const name = wordsIn(draft, 'name')
  const role = wordsIn(draft, 'role')
  const telecom = phoneIn(draft)
  const relationships = [role, draft.source['isCarer'] === true ? 'Unpaid carer' : undefined].filter(
    (text) => text !== undefined
  )
  if (name === undefined) draft.unread.push('Its source gives no name')
  const facts = {
    path: `contact/${id}`,
    sections: ['people'] as const,
    labels: [],
    lines: [[name, ...relationships, telecom?.[0]?.value].filter(Boolean).join(', ')]
  }
  const resource: RelatedPerson = defined({
    ...base('RelatedPerson', facts, draft, making),
    active: true,
    patient: patientReference(making),
    relationship: some(relationships.map((text) => ({ text }))),
    name: name === undefined ? undefined : [{ text: name }],
    telecom
  })
  return [toEntry(resource, facts, making)]
}

export interface TeamDrafts {
  readonly team: { readonly id: string; readonly draft: Draft } | undefined
  readonly keyWorker: { readonly id: string; readonly draft: Draft } | undefined
}

export const careTeamPath = 'care-team'
export const teamPath = (id: string): string => `team/${id}`
export const workerPath = (id: string): string => `key-worker/${id}`

/** Who at the council looks after the person: a team of the key worker and the worker's own team. */
export function toCareTeam({ team, keyWorker }: TeamDrafts, making: Making): readonly ContributionEntry[] {
  const unit = team && unitOf(team.id, team.draft, making)
  const worker = keyWorker && workerOf(keyWorker.id, keyWorker.draft, making)
  const members = [worker, unit].filter((member) => member !== undefined)
  if (members.length === 0) return []
  const { name: council } = making.context.source
  const facts = {
    path: careTeamPath,
    sections: ['people'] as const,
    labels: [...new Set(members.flatMap(({ labels }) => labels))],
    lines: [
      ...members.map(({ line }) => line),
      `Adult social care, ${council}, as at ${dayInWords(making.asAt)}.`
    ]
  }
  const unread = members.flatMap((member) => member.unread)
  const resource: CareTeam = defined({
    ...base('CareTeam', facts, { unread }, making),
    status: 'active' as const,
    name: unit?.name ?? `Adult social care, ${council}`,
    subject: patientReference(making),
    participant: members.map(({ participant }) => participant),
    managingOrganization: [councilReference(making)],
    telecom: unit?.telecom
  })
  return [
    ...(unit ? [unit.entry] : []),
    ...(worker ? worker.entriesWithin(unit?.reference) : []),
    toEntry(resource, facts, making)
  ]
}

function unitOf(id: string, draft: Draft, making: Making) {
  const name = wordsIn(draft, 'name')
  const telecom = phoneIn(draft)
  if (name === undefined) draft.unread.push('Its source does not name the team')
  const line = `Team: ${[name, telecom?.[0]?.value].filter(Boolean).join(', ')}`
  const labels = labelsOfWords(name ?? '')
  const facts = { path: teamPath(id), sections: ['people'] as const, labels, lines: [line] }
  const shown = name ?? 'Team that its source does not name'
  const resource: Organization = defined({
    ...base('Organization', facts, draft, making),
    active: true,
    name: shown,
    telecom,
    partOf: councilReference(making)
  })
  const reference = referenceTo<Organization>('Organization', facts.path, shown, making)
  return {
    name,
    telecom,
    line,
    labels,
    unread: draft.unread,
    reference,
    participant: { role: [{ text: 'Team' }], member: reference } as CareTeamParticipant,
    entry: toEntry(resource, facts, making)
  }
}

/** A person, and what they are at the council. */
function workerOf(id: string, draft: Draft, making: Making) {
  const name = wordsIn(draft, 'name')
  const role = wordsIn(draft, 'role')
  const telecom = phoneIn(draft)
  if (name === undefined) draft.unread.push('Its source does not name the key worker')
  const line = `Key worker: ${[name, role, telecom?.[0]?.value].filter(Boolean).join(', ')}`
  const labels = labelsOfWords(role ?? '')
  const facts = { path: workerPath(id), sections: ['people'] as const, labels, lines: [line] }
  const shown = name ?? 'Key worker whom their source does not name'
  const practitioner: Practitioner = {
    ...base('Practitioner', facts, draft, making),
    name: [{ text: shown }]
  }
  const toRole = (team: Reference<Organization> | undefined): PractitionerRole =>
    defined({
      ...base('PractitionerRole', facts, draft, making),
      active: true,
      practitioner: referenceTo<Practitioner>('Practitioner', facts.path, shown, making),
      organization: team ?? councilReference(making),
      code: role === undefined ? undefined : [{ text: role }],
      telecom
    })
  return {
    line,
    labels,
    unread: draft.unread,
    participant: {
      role: [{ text: 'Key worker' }],
      member: referenceTo<PractitionerRole>('PractitionerRole', facts.path, shown, making)
    } as CareTeamParticipant,
    entriesWithin: (team: Reference<Organization> | undefined) => [
      toEntry(practitioner, facts, making),
      toEntry(toRole(team), facts, making)
    ]
  }
}

const referenceTo = <Type extends Organization | Practitioner | PractitionerRole>(
  type: Type['resourceType'],
  path: string,
  display: string,
  making: Making
): Reference<Type> =>
  ({ reference: `${type}/${idOf(type, path, making)}`, display }) as unknown as Reference<Type>
