import { createHash } from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'
import { type MessageToTake, packBody, type Taken } from '@chesil/record-store'
import Type from 'typebox'

/** What 202 says of a message that is kept. */
export const Kept = Type.Object({
  id: Type.String({ format: 'uuid', description: 'Ours of the message, the same when it comes again' })
})

/** A message whose sender is known. */
export interface MessageToKeep {
  readonly sourceId: string
  readonly interface: string
  readonly bytes: Buffer
  /** Whoever sent it. */
  readonly sender: string
  /** By which its sender knows it, where that is a name: for operators, and to answer it. */
  readonly controlId: string
  /** For counting and for operators: a code of ours. */
  readonly event: string
}

export interface KeepDeps {
  /** Resolves when the message is committed. */
  readonly take: (message: MessageToTake) => Promise<Taken>
  /** UUID */
  readonly newId: () => string
  /** @param sourceId `unknown` where the message did not get that far. */
  readonly onOutcome: (sourceId: string, outcome: string) => void
}

/**
 * Keeps a message; the same again is known by its sender and its bytes.
 *
 * @returns our id of it, the same when it comes again.
 * @throws OutcomeError `unavailable`: not kept just now.
 */
export async function keepMessage(message: MessageToKeep, deps: KeepDeps): Promise<string> {
  const { sourceId, bytes, sender, event } = message
  const bodyHash = hash(bytes)
  const controlId = isName(message.controlId) ? message.controlId : bodyHash
  try {
    const { outcome, id } = await deps.take({
      id: deps.newId(),
      sourceId,
      interface: message.interface,
      body: await packBody(bytes),
      bodyHash,
      controlKey: hash(JSON.stringify([message.interface, sender, controlId])),
      controlId,
      event,
      characterSet: 'UTF-8',
      isCharacterSetGuessed: false
    })
    deps.onOutcome(sourceId, outcome)
    return id
  } catch (cause) {
    deps.onOutcome(sourceId, 'unavailable')
    throw new OutcomeError('unavailable', 'Not kept just now: send it again', { cause })
  }
}

/** As FHIR has ids and URNs; whatever else a sender writes there is not shown to anybody. */
const isName = (text: string): boolean => /^[\w.:-]{1,64}$/.test(text)

const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('base64url')
