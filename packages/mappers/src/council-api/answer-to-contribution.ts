import type {
  Contribution,
  ContributionEntry,
  CouncilItemKind,
  Mapped,
  QuarantinedItem,
  Section,
  SectionStatement
} from '@chesil/contracts'
import { londonDay, type Organization, systems } from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import { differsFromPds, withDemographicsWarning } from '../stu3/person.ts'
import { type CouncilContext, councilSections } from './context.ts'
import { councilPath, idOf, type Making, nameOf, toEntry } from './item.ts'
import { careTeamPath, type TeamDrafts, teamPath, toCareTeam, toContact, workerPath } from './people.ts'
import { findSubject, toClaim } from './person.ts'
import {
  type CouncilCandidate,
  type CouncilReading,
  readCouncilAnswer,
  sectionOfKind
} from './read-answer.ts'
import { toReview } from './review.ts'
import { toService } from './service.ts'
import { toWarning } from './warning.ts'

/**
 * Maps what a council's API answered about one person.
 *
 * Pure and repeatable. A full answer speaks for all of its sections; one of changes for the items that it names, and
 * for those that it says are removed.
 *
 * @param answer The parsed answer, of any shape.
 */
export function councilAnswerToContribution(answer: unknown, context: CouncilContext): Mapped {
  const reading = readCouncilAnswer(answer)
  if (reading === undefined) return { outcome: 'refused', reason: 'not-a-record' }
  if (reading === 'unknown') return { outcome: 'mapped', contribution: nothing }
  const subject = findSubject(reading.person, context)
  if (typeof subject === 'string') return { outcome: 'refused', reason: subject }
  const making = { context, laPersonId: subject.laPersonId, asAt: londonDay(reading.asAt) }
  const mapped = mapItems(reading, making)
  if (reading.mode === 'changes') return { outcome: 'mapped', contribution: toDelta(mapped, reading, making) }
  const statements = councilSections.map((section) => toStatement(section, mapped))
  const differs = differsFromPds({ ...subject.claim }, context.person)
  const contribution: Contribution = {
    mode: 'snapshot',
    sections: differs ? statements.map(withDemographicsWarning) : statements,
    entries: [toClaim(subject), toCouncil(making), ...mapped.entries],
    quarantined: mapped.quarantined
  }
  return { outcome: 'mapped', contribution }
}

/** It answered, and has nothing about the person: what it once had it has no longer. */
const nothing: Contribution = {
  mode: 'snapshot',
  sections: councilSections.map((section) => ({ section, state: 'empty', warnings: [], complete: true })),
  entries: [],
  quarantined: []
}

interface MappedItems {
  readonly entries: readonly ContributionEntry[]
  readonly quarantined: readonly QuarantinedItem[]
}

const makers = {
  service: toService,
  contact: toContact,
  review: toReview,
  warning: toWarning
} as const

/** What would have become of an item that has no name. */
const typeOfKind = {
  service: 'EpisodeOfCare',
  contact: 'RelatedPerson',
  'key-worker': 'Practitioner',
  team: 'Organization',
  review: 'Task',
  warning: 'Flag'
} as const satisfies Record<CouncilItemKind, string>

function mapItems({ candidates }: CouncilReading, making: Making): MappedItems {
  const named = candidates.filter(isNamed)
  const entries = named.flatMap(({ kind, id, source }) =>
    kind === 'key-worker' || kind === 'team' ? [] : makers[kind](id, { source, unread: [] }, making)
  )
  const unnamed = candidates.filter((candidate) => !isNamed(candidate))
  return {
    entries: [...entries, ...toCareTeam(teamIn(named), making)],
    quarantined: unnamed.map(({ kind }) => ({
      reason: 'invalid',
      resourceType: typeOfKind[kind],
      sections: [sectionOfKind[kind]],
      expression: `${kind}.id`
    }))
  }
}

type Named = CouncilCandidate & { readonly id: string }
const isNamed = (candidate: CouncilCandidate): candidate is Named => candidate.id !== undefined

function teamIn(named: readonly Named[]): TeamDrafts {
  const find = (wanted: CouncilItemKind) => {
    const found = named.find(({ kind }) => kind === wanted)
    return found && { id: found.id, draft: { source: found.source, unread: [] } }
  }
  return { team: find('team'), keyWorker: find('key-worker') }
}

/** Of an item without a name nobody knows what it was called before: then the section is not spoken for whole. */
function toStatement(section: Section, { entries, quarantined }: MappedItems): SectionStatement {
  const isKeptOut = quarantined.some(({ sections }) => sections.includes(section))
  const isThere =
    section === 'demographics' || isKeptOut || entries.some(({ sections }) => sections.includes(section))
  return { section, state: isThere ? 'returned' : 'empty', warnings: [], complete: !isKeptOut }
}

/** It is named by items of each section. */
function toCouncil(making: Making): ContributionEntry {
  const { source } = making.context
  const [, ...sections] = councilSections
  const resource: Organization = {
    resourceType: 'Organization',
    id: idOf('Organization', councilPath, making),
    meta: itemMeta(source, 'Organization', sections),
    identifier: [{ system: systems.odsOrganisation, value: source.odsCode }],
    active: true,
    name: source.name
  }
  return toEntry(resource, { path: councilPath, sections }, making)
}

function toDelta(mapped: MappedItems, { removed }: CouncilReading, making: Making): Contribution {
  const told = new Set(mapped.entries.map(keyOf))
  const deletions = removed.flatMap(({ kind, id }) => deletionsOf(kind, id, making))
  return {
    mode: 'delta',
    sections: [],
    // What is told again is there, whatever else is said of it.
    entries: [...mapped.entries, ...deletions.filter((entry) => !told.has(keyOf(entry)))],
    quarantined: mapped.quarantined
  }
}

const keyOf = ({ resourceType, sourceResourceId }: ContributionEntry): string =>
  `${resourceType} ${sourceResourceId}`

/** A key worker and a team are told together: where neither is told, nobody looks after the person. */
function deletionsOf(kind: CouncilItemKind, id: string, making: Making): readonly ContributionEntry[] {
  const gone = (resourceType: ContributionEntry['resourceType'], path: string): ContributionEntry => ({
    resourceType,
    sourceResourceId: nameOf(making, path),
    sections: [sectionOfKind[kind]]
  })
  const careTeam = gone('CareTeam', careTeamPath)
  switch (kind) {
    case 'team':
      return [gone('Organization', teamPath(id)), careTeam]
    case 'key-worker':
      return [gone('Practitioner', workerPath(id)), gone('PractitionerRole', workerPath(id)), careTeam]
    default:
      return [gone(typeOfKind[kind], `${kind}/${id}`)]
  }
}
