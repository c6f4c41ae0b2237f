import { consultationCode, headingCode, topicCode } from '../sections.ts'
import {
  businessIdentifier,
  careConnectExtension,
  concept,
  nhsCodeSystem,
  profiled,
  referTo,
  type Stu3Resource,
  sct
} from '../stu3.ts'
import { type Draft, pastDay, surgeryTime } from './draft.ts'
import { type Heading, notedUnder, type Visit } from './headings.ts'
import { secondaryList } from './linked-lists.ts'
import { addProblem, findNewProblem } from './problems.ts'

/** The entries of the smallest consultation: the visit, its three lists and one note. */
export const shortConsultationEntries = 5
/** A bound for those of the largest, the secondary lists it may call for included. */
export const consultationEntries = 64

/**
 * A consultation: Encounter, and lists within lists, consultation → topic → heading → item.
 *
 * @param short One topic, one heading, one note.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_consultation_guidance.html
 */
export function addConsultation(draft: Draft, { short = false } = {}): Stu3Resource {
  const at = surgeryTime(draft, pastDay(draft))
  const encounter = draft.add(encounterOf(draft, at), 'consultations')
  const visit = { encounter, at }
  const topics = short
    ? [topicOf(draft, visit, { title: 'Review', headings: ['History'], notesOnly: true })]
    : Array.from({ length: draft.random.integer(1, 2) }, () => topicWithProblem(draft, visit))
  const kind = encounterTitle(encounter)
  draft.add(listOf(draft, visit, { code: consultationCode, title: kind, items: topics }))
  return encounter
}

function encounterOf(draft: Draft, at: string): Stu3Resource {
  const id = draft.newId()
  const { practitioner } = draft.random.pick(draft.staff.doctors)
  const usual = draft.staff.doctors[0]?.practitioner ?? practitioner
  return {
    resourceType: 'Encounter',
    id,
    meta: profiled('CareConnect-GPC-Encounter-1'),
    identifier: businessIdentifier(id),
    status: 'finished',
    type: [
      { text: draft.random.pick(['GP Surgery', 'Telephone consultation', 'Home visit', 'Nurse clinic']) }
    ],
    subject: referTo(draft.patient),
    participant: [
      {
        type: [concept('http://hl7.org/fhir/v3/ParticipationType', 'PPRF', 'primary performer')],
        individual: referTo(practitioner)
      },
      {
        type: [concept(nhsCodeSystem('GPConnect-ParticipantType-1'), 'REC', 'recorder')],
        individual: referTo(usual)
      }
    ],
    period: { start: at },
    location: [{ location: referTo(draft.staff.location) }],
    serviceProvider: referTo(draft.staff.organization)
  }
}

const encounterTitle = (encounter: Stu3Resource): string =>
  (encounter['type'] as readonly { readonly text: string }[])[0]?.text ?? 'Consultation'

/** Half of the topics are about a problem, new in that consultation, which then relates to what was noted. */
function topicWithProblem(draft: Draft, visit: Visit): Stu3Resource {
  const headings: readonly Heading[] = draft.random.chance(0.3)
    ? ['History', 'Plan']
    : ['History', 'Examination', 'Plan']
  const problem = draft.random.chance(0.5) ? findNewProblem(draft) : undefined
  if (!problem) return topicOf(draft, visit, { title: 'Review', headings })
  return topicOf(draft, visit, {
    title: problem.display,
    headings,
    about: (related) => {
      const condition = addProblem(draft, problem, { ...visit, related })
      draft.link(secondaryList('consultations', condition), condition)
      return condition
    }
  })
}

interface Topic {
  readonly title: string
  readonly headings: readonly Heading[]
  readonly notesOnly?: boolean
  /** Writes the problem that the topic is about. */
  readonly about?: (related: readonly Stu3Resource[]) => Stu3Resource
}

function topicOf(draft: Draft, visit: Visit, topic: Topic): Stu3Resource {
  const noted = topic.headings.map((title) => ({
    title,
    items: notedUnder(draft, visit, { heading: title, notesOnly: topic.notesOnly ?? false })
  }))
  const lists = noted.map(({ title, items }) =>
    draft.add(listOf(draft, visit, { code: headingCode, title, items: items.map(({ item }) => item) }))
  )
  const related = noted.flatMap(({ items }) => items.flatMap(({ listedAs }) => listedAs ?? []))
  const problem = topic.about?.(related)
  const header = problem && {
    url: careConnectExtension('RelatedProblemHeader'),
    extension: [{ url: 'target', valueReference: referTo(problem) }]
  }
  const list = listOf(draft, visit, { code: topicCode, title: topic.title, items: lists })
  return draft.add(header ? { ...list, extension: [header] } : list)
}

function listOf(
  draft: Draft,
  { encounter, at }: Visit,
  given: {
    readonly code: { readonly code: string; readonly display: string }
    readonly title: string
    readonly items: readonly Stu3Resource[]
  }
): Stu3Resource {
  return {
    resourceType: 'List',
    id: draft.newId(),
    meta: profiled('CareConnect-GPC-List-1'),
    status: 'current',
    mode: 'snapshot',
    title: given.title,
    code: sct(given.code),
    subject: referTo(draft.patient),
    encounter: referTo(encounter),
    date: at,
    orderedBy: {
      coding: [{ system: 'http://hl7.org/fhir/list-order', code: 'system', display: 'Sorted by System' }]
    },
    entry: given.items.map((item) => ({ item: referTo(item) }))
  }
}
