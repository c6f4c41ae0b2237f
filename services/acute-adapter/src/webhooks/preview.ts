import type { MappedMessage, Preflight, SourceCatalogue } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import { previewOfDoor, previewParts } from '@chesil/message-intake'
import {
  type ClaimedWebhook,
  type Database,
  type MessageToTake,
  type Taken,
  unpackBody,
  withoutTrace
} from '@chesil/record-store'
import { createFhirPushDoor } from '../fhir-push/door.ts'
import { mapFhirPush } from '../fhir-push/map-push.ts'
import { mapHl7v2Message } from '../hl7v2/map-message.ts'
import { createIntake } from '../intake/intake.ts'
import { createSenders } from '../intake/senders.ts'
import { contextOf } from '../message-context.ts'
import { createHl7v2Door } from './hl7v2-door.ts'
import { createOpenEvent } from './open-event.ts'

export interface PreviewDeps {
  readonly catalogue: SourceCatalogue
  readonly database: Database
  readonly validator: Validator
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

const silent = () => undefined

/**
 * What would become of an event: it goes through the very door, to the very mapping, and what would be written is
 * looked at instead. Stays that were refused before are not looked up.
 */
export function createPreview(deps: PreviewDeps) {
  const database = withoutTrace(deps.database)
  const findSender = createSenders(deps.catalogue)
  return async (event: ClaimedWebhook): Promise<Preflight> => {
    const taken: MessageToTake[] = []
    const take = async (message: MessageToTake): Promise<Taken> => {
      taken.push(message)
      return { outcome: message.body ? 'new' : 'denied', id: message.id, isControlIdReused: false }
    }
    const intake = createIntake({ ...deps, findSender, take, onOutcome: silent, onFlag: silent })
    const fhir = createFhirPushDoor({ ...deps, database, take, onOutcome: silent, onDenied: silent })
    const settlement = await createOpenEvent({ hl7v2: createHl7v2Door(intake), fhir })(event)
    const preview = previewOfDoor(settlement)
    const message = taken.find(({ body }) => body !== undefined)
    if (preview.outcome !== 'taken' || !message) return preview
    const mapped = await map(message, event, { ...deps, database })
    return { ...preview, ...(await previewParts(mapped, message.sourceId, { ...deps, database })) }
  }
}

async function map(
  { sourceId, body, characterSet }: MessageToTake,
  { form, receivedAt }: ClaimedWebhook,
  deps: PreviewDeps
): Promise<MappedMessage> {
  const source = deps.catalogue.sources.find(({ id }) => id === sourceId)
  const bytes = await unpackBody(body ?? new Uint8Array())
  const at = new Date(receivedAt).toISOString()
  if (form === 'fhir' && source?.kind === 'fhir-sender') return await mapFhirPush(bytes, source, at, deps)
  if (source?.kind !== 'hl7v2') throw new Error('Nothing maps what this source sends')
  return mapHl7v2Message(bytes, contextOf(source, at), characterSet)
}
