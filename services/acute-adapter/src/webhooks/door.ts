import type { WebhookForm } from '@chesil/contracts'
import { createWebhookDoor } from '@chesil/message-intake'
import type { Logger, Metrics } from '@chesil/service-kit'
import { createFhirPushDoor, type FhirPushDoorDeps } from '../fhir-push/door.ts'
import type { Intake } from '../intake/intake.ts'
import { createHl7v2Door } from './hl7v2-door.ts'
import { createOpenEvent } from './open-event.ts'

/** Takes in what partners sent to the gateway, beside what comes to this service itself. */
export function createPartnerDoor(
  deps: FhirPushDoorDeps & {
    readonly intake: Intake
    readonly metrics: Metrics
    readonly log: Logger
    readonly leaseMs: number
  }
) {
  const events = deps.metrics.counter(
    'chesil_webhook_events_total',
    'Events of partners, by what became of them here',
    ['form', 'outcome']
  )
  return createWebhookDoor({
    database: deps.database,
    taker: 'acute-adapter',
    catalogue: deps.catalogue,
    open: createOpenEvent({ hl7v2: createHl7v2Door(deps.intake), fhir: createFhirPushDoor(deps) }),
    onOutcome: (outcome: string, form: WebhookForm) => events.inc({ form, outcome }),
    log: deps.log,
    leaseMs: deps.leaseMs
  })
}

/** Whether PostgreSQL says that an event waits here. @param payload Of the channel `chesil_work`. */
export const isForPartnerDoor = (payload: string | undefined): boolean =>
  payload === 'webhook-hl7v2' || payload === 'webhook-fhir'
