import type { Source, SourceCatalogue } from '@chesil/contracts'
import type { OdsCode } from '@chesil/fhir'

/**
 * How a source stands to a person.
 *
 * - `registered`: PDS names it as the person's practice
 * - `former`: a practice that once answered, and that PDS no longer names
 */
export type SourceRelation = 'registered' | 'former'

export interface SourceToAsk {
  readonly sourceId: string
  /** Absent for a practice that PDS names and the catalogue does not. */
  readonly source?: Source
  /** Absent for a source that the catalogue no longer names. */
  readonly odsCode?: string
  readonly relation: SourceRelation
  /** Why it is not asked; absent when it is. */
  readonly notAsked?: NotAskedReason
}

/**
 * - `not-connected`: no catalogue entry, or one that is planned
 * - `retired`: no longer connected; what it said stays
 * - `deceased`: GP pulls stop with the person's death
 * - `former`: only the practice that PDS names is asked
 */
export type NotAskedReason = 'not-connected' | 'retired' | 'deceased' | 'former'

export interface PersonAtSources {
  /** The practice that PDS names; absent for somebody registered nowhere. */
  readonly registeredPractice: OdsCode | undefined
  readonly deceased: boolean
  /** Catalogue ids of sources that have answered about this person. */
  readonly heldSources: readonly string[]
}

/**
 * The sources that an answer about this person has to speak of: the practice PDS names and those that
 * already hold something. The completeness statement lists just these.
 */
export function sourcesToAsk(person: PersonAtSources, catalogue: SourceCatalogue): readonly SourceToAsk[] {
  const practice = person.registeredPractice
  const registered =
    practice && registeredPractice(practice, atPractice(catalogue, practice), person.deceased)
  const asked: SourceToAsk[] = registered ? [registered] : []
  for (const sourceId of person.heldSources) {
    if (sourceId === registered?.sourceId) continue
    const source = catalogue.sources.find((one) => one.id === sourceId)
    // PDS ends the registration of somebody who has died: their last practice is no former one for that.
    const isLast = person.deceased && practice === undefined
    asked.push({
      sourceId,
      ...(source && { source, odsCode: source.odsCode }),
      relation: isLast ? 'registered' : 'former',
      notAsked: isLast ? 'deceased' : 'former'
    })
  }
  return asked
}

const byStage = { live: 0, planned: 1, retired: 2 } as const

/** A practice that changed its system has more than one entry: the live one counts. */
function atPractice({ sources }: SourceCatalogue, practice: OdsCode): Source | undefined {
  return sources
    .filter(({ odsCode }) => odsCode === practice)
    .toSorted((a, b) => byStage[a.releaseStage] - byStage[b.releaseStage])[0]
}

function registeredPractice(odsCode: OdsCode, source: Source | undefined, deceased: boolean): SourceToAsk {
  const notAsked = whyNotAsked(source, deceased)
  return {
    sourceId: source?.id ?? `ods-${odsCode.toLowerCase()}`,
    ...(source && { source }),
    odsCode,
    relation: 'registered',
    ...(notAsked && { notAsked })
  }
}

function whyNotAsked(source: Source | undefined, deceased: boolean): NotAskedReason | undefined {
  if (!source || source.releaseStage === 'planned') return 'not-connected'
  if (source.releaseStage === 'retired') return 'retired'
  return deceased ? 'deceased' : undefined
}
