import type { ServiceRequest } from '@chesil/fhir'
import { part, type Repetition } from '../message.ts'
import priorities from './tables/priorities.json' with { type: 'json' }

const known = new Map(Object.entries(priorities)) as ReadonlyMap<
  string,
  NonNullable<ServiceRequest['priority']>
>

/** @param component Of the priority: 1 of a field that is one, 6 of a TQ. */
export const toPriority = (value: Repetition | undefined, component = 1): ServiceRequest['priority'] =>
  known.get(part(value, component)?.toUpperCase() ?? '')
