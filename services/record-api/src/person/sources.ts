import { type SourceFacts, type SourceToAsk, sourcesToAsk } from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { PersonState } from '@chesil/record-store'

/** A source an answer has to speak of, and what is known of it for this reader. */
export interface SourceOfPerson {
  readonly asked: SourceToAsk
  readonly facts: SourceFacts | undefined
  /** Under which its data is kept: `system`, or the reader's session. */
  readonly authority: string
  /** Under any authority it said that the person does not agree: also before its agreement changed. */
  readonly isRefused: boolean
}

/** @param session The reader's session authority: a `session` source is seen only through it. */
export function sourcesOfPerson(
  state: PersonState,
  session: string,
  catalogue: SourceCatalogue
): readonly SourceOfPerson[] {
  const held = state.sources.filter(hasTold).map(({ sourceId }) => sourceId)
  const person = {
    registeredPractice: state.trace?.registeredPractice,
    deceased: state.trace?.deceased ?? false,
    hasNhsNumber: state.nhsNumber !== undefined,
    heldSources: [...new Set(held)].sort()
  }
  return sourcesToAsk(person, catalogue).map((asked) => {
    const authority = asked.source?.retention === 'session' ? session : 'system'
    const known = state.sources.filter((one) => one.sourceId === asked.sourceId)
    const facts = known.find((one) => one.authority === authority)
    return { asked, facts, authority, isRefused: known.some(({ consentRefused }) => consentRefused) }
  })
}

/** Also where all that it said of the person is kept out of the record. */
const hasTold = ({ asAt, sections }: SourceFacts): boolean =>
  asAt !== undefined ||
  sections.some(
    ({ quarantined, unprocessed = 0, wrongPatient = 0 }) => quarantined + unprocessed + wrongPatient > 0
  )
