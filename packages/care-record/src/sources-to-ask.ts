import type { CouncilApi, FhirEndpoint, Source, SourceCatalogue } from '@chesil/contracts'
import type { OdsCode } from '@chesil/fhir'

/**
 * How a source stands to a person.
 *
 * - `registered`: PDS names it as the person's practice
 * - `former`: a practice that once answered, and that PDS no longer names
 * - `contributor`: a hospital or another source that does not depend on where the person is registered
 */
export type SourceRelation = 'registered' | 'former' | 'contributor'

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
 * - `sends`: it tells of itself what happens there, and cannot be asked
 * - `periodic`: the same, for a period at a time, once that is over
 * - `no-nhs-number`: it can be asked by NHS number only, and the person has none that is verified
 */
export type NotAskedReason =
  | 'not-connected'
  | 'retired'
  | 'deceased'
  | 'former'
  | 'sends'
  | 'periodic'
  | 'no-nhs-number'

export interface PersonAtSources {
  /** The practice that PDS names; absent for somebody registered nowhere. */
  readonly registeredPractice: OdsCode | undefined
  readonly deceased: boolean
  /** Verified with PDS. */
  readonly hasNhsNumber: boolean
  /** Catalogue ids of sources that have told of this person. */
  readonly heldSources: readonly string[]
}

/**
 * The sources that an answer about this person has to speak of: the practice PDS names, those that already hold
 * something, and the endpoints that are asked about everybody or that belong to an organisation which holds something.
 * The completeness statement lists just these.
 */
export function sourcesToAsk(person: PersonAtSources, catalogue: SourceCatalogue): readonly SourceToAsk[] {
  const practice = person.registeredPractice
  const registered =
    practice && registeredPractice(practice, atPractice(catalogue, practice), person.deceased)
  return [
    ...(registered ? [registered] : []),
    ...otherPractices(person, catalogue, registered?.sourceId),
    ...contributors(person, catalogue)
  ]
}

/** Whatever the catalogue no longer names is taken for a practice. */
function otherPractices(
  { heldSources, deceased, registeredPractice }: PersonAtSources,
  { sources }: SourceCatalogue,
  registered: string | undefined
): SourceToAsk[] {
  // PDS ends the registration of somebody who has died: their last practice is no former one for that.
  const isLast = deceased && registeredPractice === undefined
  return heldSources
    .filter((sourceId) => sourceId !== registered)
    .map((sourceId) => ({ sourceId, source: sources.find(({ id }) => id === sourceId) }))
    .filter(({ source }) => source === undefined || source.kind === 'gp-connect')
    .map(({ sourceId, source }) => ({
      sourceId,
      ...(source && { source, odsCode: source.odsCode }),
      relation: isLast ? 'registered' : 'former',
      notAsked: isLast ? 'deceased' : 'former'
    }))
}

/** In the order of the catalogue. Deaths end no hospital's record: what is reported after one is asked for, too. */
function contributors(person: PersonAtSources, { sources }: SourceCatalogue): SourceToAsk[] {
  const held = new Set(person.heldSources)
  const organisations = new Set(sources.filter(({ id }) => held.has(id)).map(({ odsCode }) => odsCode))
  return sources
    .filter((source) => source.kind !== 'gp-connect')
    .filter((source) => held.has(source.id) || (isAskedContributor(source) && isDue(source, organisations)))
    .map((source) => {
      const notAsked = whyContributorNotAsked(source, person)
      return {
        sourceId: source.id,
        source,
        odsCode: source.odsCode,
        relation: 'contributor',
        ...(notAsked && { notAsked })
      }
    })
}

/** Whether an endpoint that has not told of the person has to be asked, or named as one that cannot be yet. */
const isDue = (
  { ask, odsCode, releaseStage }: FhirEndpoint | CouncilApi,
  organisations: ReadonlySet<string>
): boolean => releaseStage !== 'retired' && (ask === 'everyone' || organisations.has(odsCode))

const isAskedContributor = (source: Source): source is FhirEndpoint | CouncilApi =>
  source.kind === 'fhir-r4' || source.kind === 'council-api'

function whyContributorNotAsked(
  source: Source,
  { hasNhsNumber }: PersonAtSources
): NotAskedReason | undefined {
  if (source.releaseStage === 'planned') return 'not-connected'
  if (source.releaseStage === 'retired') return 'retired'
  if (source.kind === 'cld') return 'periodic'
  if (!isAskedContributor(source)) return 'sends'
  return hasNhsNumber ? undefined : 'no-nhs-number'
}

const byStage = { live: 0, planned: 1, retired: 2 } as const

/** A practice that changed its system has more than one entry: the live one counts. */
function atPractice({ sources }: SourceCatalogue, practice: OdsCode): Source | undefined {
  return sources
    .filter(({ kind, odsCode }) => kind === 'gp-connect' && odsCode === practice)
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
