export { type BatchesOptions, createBatches, createSharedCommits } from './batches.ts'
export { decodeFhirXml } from './decode-fhir-xml.ts'
export {
  type PreflightOptions,
  PreflightQuestion,
  preflightPath,
  preflightRoute,
  readPreflightKey
} from './preflight-route.ts'
export { type PreparedMessage, prepareParts } from './prepare-parts.ts'
export { previewOfDoor, previewParts } from './preview.ts'
export { type RawMessage, type RawMessageRoute, rawMessageRoute } from './raw-message-route.ts'
export { createRounds } from './rounds.ts'
export { guardSenders, type IntakeRule, maySendFor } from './sender-guard.ts'
export { createWebhookDoor, type WebhookDoorOptions } from './webhook-door.ts'
