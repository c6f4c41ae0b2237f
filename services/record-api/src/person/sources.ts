import { type SourceFacts, type SourceToAsk, sourcesToAsk } from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { PersonState } from '@chesil/record-store'

/** A source an answer has to speak of, and what is known of it for this reader. */
export interface SourceOfPerson {
  readonly asked: SourceToAsk
  readonly facts: SourceFacts | undefined
  /** Under which its data is kept: `system`, or the reader's session. */
  readonly authority: string
}

/** @param session The reader's session authority: a `session` source is seen only through it. */
export function sourcesOfPerson(
  state: PersonState,
  session: string,
  catalogue: SourceCatalogue
): readonly SourceOfPerson[] {
  const held = state.sources.filter(({ asAt }) => asAt !== undefined).map(({ sourceId }) => sourceId)
  const person = {
    registeredPractice: state.trace?.registeredPractice,
    deceased: state.trace?.deceased ?? false,
    heldSources: [...new Set(held)].sort()
  }
  return sourcesToAsk(person, catalogue).map((asked) => {
    const authority = asked.source?.retention === 'session' ? session : 'system'
    const facts = state.sources.find((one) => one.sourceId === asked.sourceId && one.authority === authority)
    return { asked, facts, authority }
  })
}
