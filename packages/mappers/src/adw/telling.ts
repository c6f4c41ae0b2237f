import type { MessageContext } from '../message-context.ts'
import type { AdwEvent } from './events.ts'
import type { AdwMessage } from './message.ts'

/** A message that we know what to make of. */
export interface Telling {
  readonly message: AdwMessage
  readonly event: AdwEvent
  readonly context: MessageContext
  /** Chesil's id of the person. */
  readonly personId: string
  /** FHIR instant: when it was sent. */
  readonly at: string
}
