import {
  type CarePlan,
  type CarePlanActivity,
  type CarePlanActivityDetail,
  type CodeableConcept,
  defined,
  systems
} from '@chesil/fhir'
import { some } from '../json.ts'
import type { CareEntry } from './care-entries.ts'
import { datesIn } from './dates.ts'
import type { Document } from './document.ts'
import { type Draft, toNarrative } from './draft.ts'
import { findProfessional } from './professionals.ts'
import {
  conceptOf,
  findAll,
  findPart,
  hasUnread,
  linesOf,
  partsOf,
  type Question,
  saidIn,
  wordsOf
} from './question.ts'
import type { Role } from './sections.ts'
import { toHeading } from './words.ts'

interface PlanKind {
  readonly category: CodeableConcept
  readonly titles: readonly string[]
  readonly descriptions: readonly string[]
  /** Groups of which each is something to be done. */
  readonly activities: readonly string[]
}

const kinds: ReadonlyMap<Role, PlanKind> = new Map<Role, PlanKind>([
  [
    'care-plan',
    {
      category: { text: 'Care and support plan' },
      titles: [],
      descriptions: ['needsconcernsorproblems', 'strengths'],
      activities: ['actionsandactivities']
    }
  ],
  [
    'contingency-plan',
    {
      // As the National Record Locator names such plans.
      category: {
        coding: [{ system: systems.snomed, code: '325691000000100', display: 'Contingency plan' }],
        text: 'Contingency or safety plan'
      },
      titles: ['contingencyplanname'],
      descriptions: ['triggerfactors', 'relapseindicatorsearlywarningsigns'],
      activities: ['whatshouldhappen', 'whoshouldbecontacted', 'copingstrategies']
    }
  ],
  [
    'support-plan',
    {
      category: { text: 'Additional support plan' },
      titles: ['additionalsupportplanname'],
      descriptions: ['additionalsupportplancontent'],
      activities: []
    }
  ]
])

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-careplan */
export const toCarePlans = (document: Document): Draft[] =>
  document.entries.flatMap((entry) => {
    const kind = kinds.get(entry.role)
    return kind ? [toCarePlan(entry, kind, document)] : []
  })

function toCarePlan({ parts, title, role }: CareEntry, kind: PlanKind, document: Document): Draft {
  const name = saidIn(parts, ...kind.titles) ?? title
  const { period, isUnread } = datesIn(parts, /^datethisplanwaslastupdated$/)
  const body = defined({
    text: toNarrative(linesOf(parts)),
    status: statusOf(document),
    intent: 'plan' as const,
    category: [kind.category],
    title: name,
    description: descriptionOf(parts, kind),
    subject: { reference: `Patient/${document.personId}` as const },
    // What this issue of the plan says holds since it was last updated.
    period,
    contributor: contributorsOf(parts),
    activity: some(findAll(parts, ...kind.activities).map(toActivity))
  }) satisfies Omit<CarePlan, 'resourceType'>
  return {
    resourceType: 'CarePlan',
    key: `${role}|${toHeading(name)}`,
    sections: ['assessments'],
    isDegraded: isUnread || parts.some(hasUnread),
    body
  }
}

function statusOf({ content: { response } }: Document): CarePlan['status'] {
  if (response['status'] === 'in-progress') return 'draft'
  return response['status'] === 'stopped' ? 'unknown' : 'active'
}

function descriptionOf(parts: readonly Question[], { descriptions }: PlanKind): string | undefined {
  const lines = findAll(parts, ...descriptions).flatMap((found) => {
    const words = wordsOf(found)
    return words === undefined ? [] : [`${found.label}: ${words}`]
  })
  return lines.length > 0 ? lines.join('\n') : undefined
}

function contributorsOf(parts: readonly Question[]): { display: string }[] | undefined {
  const groups = [
    'performingprofessional',
    'personcompletingrecord',
    'agreedwithpersonorlegitimaterepresentative'
  ]
  const names = groups.flatMap((group) => findProfessional(parts, group) ?? [])
  return some([...new Set(names)].map((display) => ({ display })))
}

const statuses: ReadonlyMap<string, CarePlanActivityDetail['status']> = new Map([
  ['notstarted', 'not-started'],
  ['planned', 'not-started'],
  ['scheduled', 'scheduled'],
  ['inprogress', 'in-progress'],
  ['started', 'in-progress'],
  ['ongoing', 'in-progress'],
  ['onhold', 'on-hold'],
  ['completed', 'completed'],
  ['achieved', 'completed'],
  ['cancelled', 'cancelled'],
  ['stopped', 'stopped']
])

function toActivity(question: Question): CarePlanActivity {
  const parts = partsOf(question)
  const what = findPart(parts, 'what')
  const status = toHeading(saidIn(parts, 'status') ?? '')
  return {
    detail: defined({
      code: what && conceptOf(what),
      status: statuses.get(status) ?? ('unknown' as const),
      description: linesOf([question]).join('\n')
    })
  }
}
