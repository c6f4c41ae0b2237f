import type { ContributionEntry, MessagePart, QuarantinedItem } from '@chesil/contracts'
import type { MessageContext } from '../../message-context.ts'
import { localSystem } from '../elements/identifiers.ts'
import { identityOf } from '../identity.ts'
import { firstOf, type Message, text } from '../message.ts'
import { emptyBody, type MessageBody } from '../message-body.ts'
import { findSubject } from '../subject.ts'
import { unprocessed } from '../unprocessed.ts'
import { allergyEntries } from './allergies.ts'
import { contactEntries } from './contacts.ts'
import { diagnoses } from './diagnoses.ts'
import { type Group, happenedAt, personGroups } from './group.ts'
import { observations } from './observations.ts'
import { personEntry } from './person.ts'
import { procedures } from './procedures.ts'
import type { Trigger } from './triggers.ts'
import { visitEntry } from './visit.ts'
import { findPriorVisit, findVisit } from './visit-key.ts'

/** ADT: one part for each person that the message names. */
export function admissionParts(message: Message, trigger: Trigger, context: MessageContext): MessagePart[] {
  const groups = groupsIn(message, trigger, context)
  return joinParts(groups.map((group, at) => toPart(group, at === 0 ? groups.slice(1) : undefined)))
}

function groupsIn(message: Message, trigger: Trigger, context: MessageContext): Group[] {
  const at = happenedAt(message)
  return personGroups(message).flatMap((segments) => {
    const subject = findSubject(segments, context)
    return subject ? [{ message, context, trigger, subject, segments, ...(at !== undefined && { at }) }] : []
  })
}

/** @param others Those after the first, for the first alone. */
function toPart(group: Group, others: readonly Group[] | undefined): MessagePart {
  const identity = identityOf(group, others)
  const { entries, quarantined, wholeParts, documents } = bodyOf(group)
  return {
    subject: group.subject,
    contribution: {
      mode: 'delta',
      sections: [],
      ...(wholeParts?.length && { wholeParts }),
      entries,
      quarantined: [...quarantined, ...identity.quarantined]
    },
    identity: identity.statements,
    documents
  }
}

function bodyOf(group: Group): MessageBody {
  const visit = group.trigger.visit === undefined ? undefined : findVisit(group)
  const quarantined =
    visit === undefined && group.trigger.visit === 'always' ? [unprocessed(group.message)] : []
  if (group.trigger.deletes === 'visit')
    return visit === undefined
      ? { ...emptyBody, quarantined }
      : { ...emptyBody, entries: [visitEntry(visit, group)], quarantined, wholeParts: [visit] }
  if (group.trigger.deletes === 'person') return { ...emptyBody, entries: [personEntry(group)], quarantined }
  return whatIsSaid(group, visit, quarantined)
}

function whatIsSaid(
  group: Group,
  visit: string | undefined,
  reported: readonly QuarantinedItem[]
): MessageBody {
  const found = [diagnoses(group, visit), procedures(group, visit)]
  const allergies = allergyEntries(group)
  const measured = observations(group)
  const ofVisit = Object.assign({}, ...found.map((one) => one.ofVisit), priorNumber(group))
  const all = [
    personEntry(group),
    ...contactEntries(group),
    ...(visit === undefined ? [] : [visitEntry(visit, group, ofVisit)]),
    ...priorVisit(visit, group),
    ...allergies.entries,
    ...found.flatMap(({ entries }) => entries),
    ...measured.entries
  ]
  const kept = [allergies, ...found, measured].flatMap((one) => one.quarantined)
  return { ...measured, entries: eachOnce(all), quarantined: [...reported, ...kept] }
}

/** What its number was before, where a stay gets another. */
function priorNumber({ trigger, segments, context }: Group): Record<string, unknown> {
  const value = text(firstOf(segments, 'MRG'), 5)
  const isRenumbered = trigger.says === 'move-visit' || trigger.says === 'renumber-visit'
  if (!isRenumbered || value === undefined || value === text(firstOf(segments, 'PV1'), 19)) return {}
  return { 'identifier#3': [{ use: 'old', system: localSystem(context.source, 'visit-number'), value }] }
}

/** The stay under its former number: it is part of the one that it became, and goes on there. */
function priorVisit(visit: string | undefined, group: Group): ContributionEntry[] {
  const prior = findPriorVisit(group.segments)
  const isReplaced = group.trigger.says === 'renumber-visit' && prior !== undefined && prior !== visit
  if (!isReplaced || visit === undefined) return []
  const { context } = group
  const entry = visitEntry(prior, { ...group, segments: [] })
  const partOf = { reference: `Encounter/${context.resourceId('Encounter', visit)}` }
  if (!entry.event) return []
  const { unless: _, ...event } = entry.event
  return [{ ...entry, event: { ...event, set: { status: 'cancelled', partOf } } }]
}

/** A person may stand in several groups of one message. */
function joinParts(parts: readonly MessagePart[]): MessagePart[] {
  const joined = new Map<string, MessagePart>()
  for (const part of parts) {
    const key = JSON.stringify([part.subject.local.system, part.subject.local.value])
    const before = joined.get(key)
    joined.set(key, before ? join(before, part) : part)
  }
  return [...joined.values()]
}

function join(before: MessagePart, after: MessagePart): MessagePart {
  const [first, then] = [before.contribution, after.contribution]
  const wholeParts = [...(first.wholeParts ?? []), ...(then.wholeParts ?? [])]
  return {
    subject: { ...before.subject, ...after.subject },
    contribution: {
      ...first,
      ...(wholeParts.length > 0 && { wholeParts }),
      entries: eachOnce([...first.entries, ...then.entries]),
      quarantined: [...first.quarantined, ...then.quarantined]
    },
    identity: [...before.identity, ...after.identity],
    documents: [...before.documents, ...after.documents]
  }
}

/** Of an item that a message tells twice, what it tells last. */
function eachOnce(entries: readonly ContributionEntry[]): ContributionEntry[] {
  const last = new Map(entries.map((entry) => [`${entry.resourceType} ${entry.sourceResourceId}`, entry]))
  return [...last.values()]
}
