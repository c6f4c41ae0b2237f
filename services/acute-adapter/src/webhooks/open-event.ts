import type { ClaimedWebhook, WebhookSettlement } from '@chesil/record-store'

type OpenEvent = (event: ClaimedWebhook) => Promise<WebhookSettlement>

/** Each form of event that this adapter takes, at its own door. */
export const createOpenEvent =
  (doors: { readonly hl7v2: OpenEvent; readonly fhir: OpenEvent }): OpenEvent =>
  async (event) => {
    if (event.form === 'hl7v2') return await doors.hl7v2(event)
    if (event.form === 'fhir') return await doors.fhir(event)
    throw new Error('Events of this form are another adapter’s')
  }
