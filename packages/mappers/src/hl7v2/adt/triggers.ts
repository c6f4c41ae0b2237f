import type { Encounter } from '@chesil/fhir'
import triggers from '../tables/adt-triggers.json' with { type: 'json' }

/** What a trigger of ADT means for the stay and the people it is about. */
export interface Trigger {
  /** Of its events; see `ItemEvent`. */
  readonly kind: string
  /**
   * - `always`: it is about a stay; one that cannot be told from others is reported as unprocessed
   * - `known`: about the stay that it names, if it does
   * - `numbered`: about a person, and about a stay only where PV1-19 names one
   */
  readonly visit?: 'always' | 'known' | 'numbered'
  readonly status?: Encounter['status']
  /** A stay begins: what was said of its end is no longer so. */
  readonly begins?: true
  readonly ends?: true
  /** The stay goes on after all. */
  readonly reopens?: true
  /** The latest of that kind never happened. After a transfer, PV1-3 is where the person was before it. */
  readonly cancels?: string
  readonly deletes?: 'visit' | 'person'
  readonly says?: 'merge' | 'link' | 'unlink' | 'move-visit' | 'renumber-visit'
}

const known: ReadonlyMap<string, Trigger> = new Map(Object.entries(triggers as Record<string, Trigger>))

/** @returns `undefined` for one that is not handled. */
export const findTrigger = (event: string): Trigger | undefined => known.get(event)
