import { defined, type EpisodeOfCare } from '@chesil/fhir'
import { some } from '../json.ts'
import type { CareEntry } from './care-entries.ts'
import { datesIn, isPast } from './dates.ts'
import type { Document } from './document.ts'
import { type Draft, toNarrative } from './draft.ts'
import { findProfessional } from './professionals.ts'
import { conceptOf, findPart, hasUnread, linesOf, saidIn } from './question.ts'

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-episodeofcare */
export const toServices = (document: Document): Draft[] =>
  document.entries.filter(({ role }) => role === 'services').map((entry) => toService(entry, document))

function toService({ parts }: CareEntry, { personId, today }: Document): Draft {
  const { period, isUnread } = datesIn(parts, /startdate/, /enddate/)
  const types = ['socialcarepackagename', 'socialcarepackagetype'].flatMap((heading) => {
    const found = findPart(parts, heading)
    return (found && conceptOf(found)) ?? []
  })
  const council = saidIn(parts, 'localauthority')
  const manager = findProfessional(parts, 'performingprofessional')
  const body = defined({
    text: toNarrative(linesOf(parts)),
    status: statusOf(period, today),
    type: some(types),
    patient: { reference: `Patient/${personId}` as const },
    managingOrganization: council === undefined ? undefined : { display: council },
    period,
    careManager: manager === undefined ? undefined : { display: manager }
  }) satisfies Omit<EpisodeOfCare, 'resourceType'>
  return {
    resourceType: 'EpisodeOfCare',
    key: `${types.map(({ text }) => text).join('|')}|${period?.start ?? ''}`,
    sections: ['services'],
    isDegraded: isUnread || parts.some(hasUnread),
    body
  }
}

/** By its dates, as at the day on which the document came. */
function statusOf(period: EpisodeOfCare['period'], today: string): EpisodeOfCare['status'] {
  if (isPast(period?.end, today)) return 'finished'
  const { start } = period ?? {}
  return start !== undefined && start > today.slice(0, start.length) ? 'planned' : 'active'
}
