import type { MessageContext } from '../../message-context.ts'
import { visitName } from '../adt/visit-key.ts'
import { firstOf, type Message, text } from '../message.ts'
import type { EncounterReference } from './references.ts'

/** The stay that PV1-19 names, as ADT messages tell of it. A message that is not of ADT makes no stay. */
export function encounterOf({ segments }: Message, context: MessageContext): EncounterReference | undefined {
  const number = text(firstOf(segments, 'PV1'), 19)
  if (number === undefined) return undefined
  return { reference: `Encounter/${context.resourceId('Encounter', visitName(number))}` }
}
