import type { SourceFacts } from '@chesil/care-record'
import type { Patient } from '@chesil/fhir'
import type { Access } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import type { PersonView } from '../view/person-view.ts'
import { type Selection, select } from '../view/selection.ts'
import type { ViewItem } from '../view/view-item.ts'
import { type PersonAnswerFacts, withSession } from './gather-facts.ts'
import { sessionAuthority } from './open-person.ts'
import { sourcesOfPerson } from './sources.ts'

/** An earlier version, not of before the person was parted from another. */
export interface EarlierVersion {
  readonly version: number
  /** ms since 1970: when it was made. */
  readonly createdAt: number
  /** ms since 1970: on which day it was read. */
  readonly at: number
}

/**
 * What this reader was shown of an earlier version, at its time, under the policy of today. Which practice spoke for
 * which section then is not always known: what may have been shown otherwise than now is left out, and what may have
 * been shown and is not now is in, so that either is told as a change.
 */
export async function selectEarlier(
  access: Access,
  facts: PersonAnswerFacts,
  earlier: EarlierVersion,
  deps: Deps
): Promise<Selection['items']> {
  const { state, circumstances } = facts
  const session = sessionAuthority(access.reader)
  const everything = await deps.views.earlier(state.patientId, earlier.version, earlier.at)
  const { sessionOnly } = circumstances
  const view = await withSession(everything, state, { session, sessionOnly }, facts.now, deps)
  const registered = sourcesOfPerson(state, session, deps.catalogue).find(
    ({ asked }) => asked.relation === 'registered'
  )
  const present = await deps.views.shared(state.patientId, facts.version)
  const hasMoved = practiceIn(everything) !== practiceIn(present)
  const takenOver = hasMoved ? new Set<string>() : coveredBy(registered?.facts, earlier.createdAt)
  const { items } = select(view, access, { ...circumstances, takenOver })
  const shown = new Set(facts.selection.items.map(({ key }) => key))
  const practices = new Set([...circumstances.formerSources, registered?.asked.sourceId ?? ''])
  const perhaps = new Set([...circumstances.takenOver, ...everCovered(registered?.facts)])
  return items.filter((item) => {
    if (!shown.has(item.key)) return true
    return hasMoved
      ? !practices.has(item.sourceId)
      : !isPerhapsHidden(item, circumstances.formerSources, perhaps)
  })
}

function practiceIn({ patientId, items }: PersonView): string {
  const patient = items.find(({ key }) => key === `Patient/${patientId}`)
  return patient ? JSON.stringify((JSON.parse(patient.body.toString()) as Patient).generalPractitioner) : ''
}

const coveredBy = (registered: SourceFacts | undefined, at: number): ReadonlySet<string> =>
  sectionsWhere(registered, ({ coveredSince }) => coveredSince !== undefined && coveredSince <= at)

/** For which it has spoken once and does not now. */
const everCovered = (registered: SourceFacts | undefined): ReadonlySet<string> =>
  sectionsWhere(registered, ({ coveredAt }) => coveredAt !== undefined)

const sectionsWhere = (
  source: SourceFacts | undefined,
  isMeant: (section: SourceFacts['sections'][number]) => boolean
): ReadonlySet<string> => new Set((source?.sections ?? []).filter(isMeant).map(({ section }) => section))

const isPerhapsHidden = (
  { sourceId, sections }: ViewItem,
  formerSources: ReadonlySet<string>,
  perhaps: ReadonlySet<string>
): boolean =>
  formerSources.has(sourceId) && sections.length > 0 && sections.every((section) => perhaps.has(section))
