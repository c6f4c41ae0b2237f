import type { Appointment } from '@chesil/fhir'
import triggers from './tables/appointment-triggers.json' with { type: 'json' }

/** What a trigger of SIU means for its appointment. */
export interface AppointmentTrigger {
  /** Of its events; see `ItemEvent`. */
  readonly kind: string
  /** Absent: what SCH-25 says. */
  readonly status?: Appointment['status']
  readonly deletes?: true
  /** It will not take place: SCH-25 cannot say otherwise. */
  readonly isLast?: true
  /** One that will not take place, or did not, does after all. */
  readonly books?: true
}

const known: ReadonlyMap<string, AppointmentTrigger> = new Map(
  Object.entries(triggers as Record<string, AppointmentTrigger>)
)

/** @returns `undefined` for one that is not handled. */
export const findAppointmentTrigger = (event: string): AppointmentTrigger | undefined => known.get(event)
