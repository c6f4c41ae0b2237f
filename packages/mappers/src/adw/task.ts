import type { ContributionEntry, ItemEvent } from '@chesil/contracts'
import { defined, type Reference, systems, type Task } from '@chesil/fhir'
import { unreadMarks } from '../hl7v2/elements/marks.ts'
import { itemMeta } from '../item-meta.ts'
import { one, text } from '../json.ts'
import { type AdwEvent, isAnswer, type RequestKind, requestCodes } from './events.ts'
import { withLabels } from './labels.ts'
import { findRequestNumber, requestKey, stayKey } from './numbers.ts'
import { hospitalOf, toOrganisation, toPractitioner } from './organisations.ts'
import { answersIn } from './questions.ts'
import { findTarget } from './references.ts'
import type { Telling } from './telling.ts'
import { concept, dateTime, dayInWords } from './words.ts'

const names: Readonly<Record<RequestKind, string>> = {
  assessment: 'Assessment of care and support needs before leaving hospital',
  discharge: 'Care and support for discharge from hospital'
}

/** What a Task says of a request of which only an answer or a withdrawal came. */
const notReceived = 'The request itself was not received.'

const businessStatuses = {
  request: 'Waiting for the council’s answer',
  accept: 'Accepted by the council',
  reject: 'Not accepted by the council',
  withdrawal: 'Withdrawn by the hospital'
} as const

type Told = Pick<ItemEvent, 'set' | 'clear' | 'unless'>

/**
 * What a message says of what a hospital asks of a council: an event of a Task for each kind of request that it names.
 *
 * A Task and no ServiceRequest: whether somebody has accepted, rejected or been relieved of a request is what R4 keeps
 * in a Task, with its reason; a ServiceRequest is active or revoked. DSTU2's ReferralRequest had both.
 *
 * @see https://hl7.org/fhir/R4/task.html#statemachine
 */
export function taskEntries(telling: Telling): ContributionEntry[] {
  const key = requestKey(telling.message)
  if (key === undefined) return []
  return telling.event.of.flatMap((kind) =>
    councilsIn(telling).map((council) => taskEntry(`${key}|${kind}|${council}`, kind, telling))
  )
}

/** Whom the hospital asks. What one council answers says nothing of what another was asked for. */
function councilsIn({ event, message }: Telling): readonly string[] {
  const { sender, recipients } = message
  return isAnswer(event) ? [sender ?? ''] : recipients.length > 0 ? [...new Set(recipients)] : ['']
}

function taskEntry(key: string, kind: RequestKind, telling: Telling): ContributionEntry {
  const { message, context, personId, event, at } = telling
  const base: Task = defined({
    resourceType: 'Task' as const,
    id: context.resourceId('Task', key),
    meta: itemMeta(context.source, 'Task', ['assessments']),
    groupIdentifier: findRequestNumber(message),
    status: 'cancelled' as const,
    intent: 'order' as const,
    code: { coding: [{ system: systems.snomed, code: requestCodes[kind] }], text: names[kind] },
    description: notReceived,
    for: { reference: `Patient/${personId}` }
  })
  const { set, ...told } = withLabels(tellers[event.says](kind, telling))
  return {
    resourceType: 'Task',
    sourceResourceId: key,
    sections: ['assessments'],
    event: {
      base,
      kind: event.says,
      at,
      set: { lastModified: at, ...stayOf(kind, telling), ...set },
      ...told
    }
  }
}

/** The stay; discharge from it is also what a request about discharge is worked on. */
function stayOf(kind: RequestKind, { message, context }: Telling): Record<string, Reference> {
  const key = stayKey(message)
  if (key === undefined) return {}
  const stay = { reference: `Encounter/${context.resourceId('Encounter', key)}` }
  return kind === 'discharge' ? { encounter: stay, focus: stay } : { encounter: stay }
}

const tellers: Readonly<Record<AdwEvent['says'], (kind: RequestKind, telling: Telling) => Told>> = {
  request: tellRequest,
  withdrawal: tellWithdrawal,
  accept: (_, telling) => tellAnswer('accepted', businessStatuses.accept, telling),
  reject: (_, telling) => tellAnswer('rejected', businessStatuses.reject, telling),
  'accept-withdrawal': (_, telling) => tellAnswerToWithdrawal('accepted', telling),
  'reject-withdrawal': (_, telling) => tellAnswerToWithdrawal('did not accept', telling),
  admission: () => ({ set: {} })
}

const withdrawalNote = 'note#2-withdrawal'

/** What a new request has not, the earlier one has lost. */
const ofRequest = ['reasonCode', 'restriction.period', 'note#1-request', 'input'] as const

function tellRequest(kind: RequestKind, telling: Telling): Told {
  const { message, at } = telling
  const unread: string[] = []
  const date = plannedDischargeIn(telling, unread)
  const said = text(message.referral?.source['description'])
  const set = defined({
    status: 'requested',
    businessStatus: { text: businessStatuses.request },
    description: wordsOf(kind, at, date),
    authoredOn: at,
    requester: requesterOf(telling),
    owner: councilOf(telling),
    reasonCode: concept(one(message.referral?.source['reason'])),
    'restriction.period': date === undefined ? undefined : { end: date },
    'note#1-request': said === undefined ? undefined : [{ time: at, text: said }],
    input: answersIn(message)
  })
  const marks = unreadMarks('Task', unread)
  const missing = ofRequest.filter((path) => set[path] === undefined)
  return {
    set: { ...set, ...marks.set },
    clear: [...marks.clear, ...missing, 'statusReason', withdrawalNote]
  }
}

/** True for ever, also of a request that was withdrawn: what was asked on a day, and what was planned then. */
function wordsOf(kind: RequestKind, at: string, date: string | undefined): string {
  const asked =
    kind === 'assessment'
      ? 'the hospital asked the council to assess what care and support the person needs'
      : 'the hospital asked the council to have care and support ready for discharge'
  const planned =
    date === undefined ? 'No discharge date was given' : `Discharge was then planned for ${dayInWords(date)}`
  return `On ${dayInWords(at)} ${asked}. ${planned}.`
}

function plannedDischargeIn({ message }: Telling, unread: string[]): string | undefined {
  return dateTime(one(message.encounter?.source['period'])?.['end'], 'Discharge planned', unread)
}

/** Who asked, and whom, a withdrawal says where no request was received. */
function tellWithdrawal(_: RequestKind, telling: Telling): Told {
  const set = defined({
    status: 'cancelled',
    businessStatus: { text: businessStatuses.withdrawal },
    statusReason: reasonOf(telling),
    requester: requesterOf(telling),
    owner: councilOf(telling)
  })
  return {
    set,
    ...(set.statusReason === undefined && { clear: ['statusReason'] }),
    unless: {
      path: 'status',
      is: ['requested', 'accepted', 'rejected', 'cancelled'],
      keeps: ['requester', 'owner']
    }
  }
}

/** An answer that crossed a withdrawal does not bring the request back. */
function tellAnswer(status: Task['status'], businessStatus: string, telling: Telling): Told {
  const set = defined({
    status,
    businessStatus: { text: businessStatus },
    statusReason: reasonOf(telling),
    owner: councilOf(telling)
  })
  return {
    set,
    ...(set.statusReason === undefined && { clear: ['statusReason'] }),
    unless: { path: 'status', is: ['cancelled'], keeps: ['status', 'businessStatus', 'statusReason'] }
  }
}

/** What is withdrawn is withdrawn, whatever the council says of it: its answer is a note. */
function tellAnswerToWithdrawal(did: string, telling: Telling): Told {
  const reason = reasonOf(telling)?.text
  const words = `The council ${did} the withdrawal${reason === undefined ? '.' : `: ${reason}`}`
  return { set: { [withdrawalNote]: [{ time: telling.at, text: words.slice(0, longestText) }] } }
}

/** @see https://hl7.org/fhir/R4/datatypes.html#string */
const longestText = 1_000_000

const reasonOf = ({ message }: Telling): Task['statusReason'] => concept(one(message.header.source['reason']))

/** The hospital's discharge co-ordinator, else whoever sent the notice for it, else the hospital. */
function requesterOf({ message }: Telling): Reference | undefined {
  const { referral, header, entries } = message
  const named = [
    referral && findTarget(referral.source['requester'], 'Practitioner', referral, entries),
    findTarget(header.source['author'], 'Practitioner', header, entries)
  ].find((found) => found !== undefined)
  return toPractitioner(named, message) ?? toOrganisation(undefined, message, hospitalOf(message))
}

/** The council, or its team: who was asked, in an answer who was asked and answers. */
function councilOf({ message, event }: Telling): Reference | undefined {
  const { referral, header, entries, sender, recipient } = message
  const answers = isAnswer(event)
  const named = [
    referral && findTarget(referral.source['recipient'], 'Organization', referral, entries),
    findTarget(header.source[answers ? 'responsible' : 'receiver'], 'Organization', header, entries)
  ].find((found) => found !== undefined)
  return toOrganisation(named, message, answers ? sender : recipient)
}
