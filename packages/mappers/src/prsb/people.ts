import {
  type CareTeam,
  type CareTeamParticipant,
  type ContactPoint,
  defined,
  type RelatedPerson
} from '@chesil/fhir'
import { isDenial } from '../denial.ts'
import { some } from '../json.ts'
import type { CareEntry } from './care-entries.ts'
import { datesIn } from './dates.ts'
import type { Document } from './document.ts'
import { type Draft, toNarrative } from './draft.ts'
import { nameOfContact } from './professionals.ts'
import { conceptOf, findPart, hasUnread, linesOf, type Question, saidIn } from './question.ts'

/** Personal contacts each by themselves; professional ones as the team that they are. */
export const toPeople = (document: Document): Draft[] => [
  ...document.entries
    .filter(({ role }) => role === 'personal-contacts')
    .map((entry) => toRelatedPerson(entry, document)),
  ...toCareTeam(document)
]

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-relatedperson */
function toRelatedPerson({ parts }: CareEntry, { personId }: Document): Draft {
  const name = saidIn(parts, 'name')
  const relationships = ['relationship', 'relationshiptype'].flatMap((heading) => {
    const found = findPart(parts, heading)
    return (found && conceptOf(found)) ?? []
  })
  const body = defined({
    text: toNarrative(linesOf(parts.filter(({ heading }) => !isNumber(heading)))),
    patient: { reference: `Patient/${personId}` as const },
    relationship: some(relationships),
    name: name === undefined ? undefined : [{ text: name }],
    telecom: contactsOf(parts)
  }) satisfies Omit<RelatedPerson, 'resourceType'>
  const said = relationships.map(({ text }) => text).join('|')
  return {
    resourceType: 'RelatedPerson',
    key: name === undefined ? `?${said}` : `${name.toLowerCase()}|${said.toLowerCase()}`,
    sections: ['people'],
    isDegraded: parts.some(hasUnread),
    body
  }
}

/** Somebody else's NHS number stays in the response. */
const isNumber = (heading: string): boolean => heading === 'nhsnumber'

/** Contact details are one text, in which all sorts of things stand. */
function contactsOf(parts: readonly Question[]): ContactPoint[] | undefined {
  const value = saidIn(parts, 'contactdetails')
  return value === undefined ? undefined : [{ system: systemOf(value), value }]
}

function systemOf(value: string): 'phone' | 'email' | 'other' {
  if (/^\S+@\S+\.\S+$/.test(value)) return 'email'
  return /^\+?[\d\s()-]{6,20}$/.test(value) ? 'phone' : 'other'
}

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-careteam */
function toCareTeam({ entries, personId }: Document): Draft[] {
  const contacts = entries.filter(({ role }) => role === 'professional-contacts')
  const members = contacts
    .map((entry) => ({ ...toParticipant(entry), lines: linesOf(entry.parts).join('; ') }))
    .sort((a, b) => (a.lines < b.lines ? -1 : 1))
  if (members.length === 0) return []
  const body = defined({
    text: toNarrative(members.map(({ lines }) => lines)),
    status: 'active' as const,
    name: 'Professional contacts',
    subject: { reference: `Patient/${personId}` as const },
    participant: some(members.map(({ participant }) => participant))
  }) satisfies Omit<CareTeam, 'resourceType'>
  const isDegraded = members.some(({ isUnread }) => isUnread)
  return [{ resourceType: 'CareTeam', key: 'professional-contacts', sections: ['people'], isDegraded, body }]
}

function toParticipant({ parts }: CareEntry): { participant: CareTeamParticipant; isUnread: boolean } {
  const { period, isUnread } = datesIn(parts, /^startdate$/, /^enddate$/)
  const role = findPart(parts, 'role')
  const speciality = findPart(parts, 'speciality', 'specialty')
  const roles = [role && conceptOf(role), speciality && conceptOf(speciality), keyWorker(parts)]
  const display = nameOfContact(parts) ?? 'Not named'
  const member =
    saidIn(parts, 'name') === undefined ? { display } : { type: 'Practitioner' as const, display }
  const participant = defined({
    role: some(roles.filter((one) => one !== undefined)),
    member,
    period
  }) as CareTeamParticipant
  return { participant, isUnread: isUnread || parts.some(hasUnread) }
}

function keyWorker(parts: readonly Question[]): { text: string } | undefined {
  const answer = saidIn(parts, 'keyworker')
  return answer === undefined || isDenial(answer) ? undefined : { text: 'Key worker' }
}
