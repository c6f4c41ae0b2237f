import {
  CouncilContact,
  type CouncilItemKind,
  CouncilKeyWorker,
  CouncilReview,
  CouncilService,
  CouncilTeam,
  CouncilWarning
} from '@chesil/contracts'
import type { CouncilPackage, CouncilService as PackageService } from '@chesil/synthetic'

/** What each kind of item is, for whoever puts one. */
export const itemSchemas = {
  service: CouncilService,
  contact: CouncilContact,
  'key-worker': CouncilKeyWorker,
  team: CouncilTeam,
  review: CouncilReview,
  warning: CouncilWarning
} as const satisfies Record<CouncilItemKind, object>

/** One thing that a council tells of a person. */
export interface CouncilItem {
  readonly kind: CouncilItemKind
  /** By its schema. */
  readonly content: { readonly id: string }
}

/** By kind and id. */
export type CouncilItems = ReadonlyMap<string, CouncilItem>

/** @returns e.g. `service/pathway/2026Q3/service`. */
export const nameOfItem = (kind: CouncilItemKind, id: string): string => `${kind}/${id}`

/** What its extracts tell of the day, and what only its own system knows. */
export function itemsOf(told: CouncilPackage): CouncilItems {
  const items: readonly CouncilItem[] = [
    ...told.services.map((service) => ({ kind: 'service', content: serviceOf(service) }) as const),
    ...told.contacts.map((content) => ({ kind: 'contact', content }) as const),
    { kind: 'key-worker', content: told.keyWorker },
    { kind: 'team', content: told.team },
    ...told.reviews.map((content) => ({ kind: 'review', content }) as const),
    ...told.warnings.map((content) => ({ kind: 'warning', content }) as const)
  ]
  return new Map(items.map((item) => [nameOfItem(item.kind, item.content.id), item]))
}

function serviceOf({ eventId, unitsPerWeek, ...service }: PackageService): CouncilService {
  const units = Number(unitsPerWeek)
  return {
    id: eventId,
    ...service,
    ...(unitsPerWeek !== undefined && units >= 0 && { unitsPerWeek: units, ...unitOf(service.component) })
  }
}

const unitOf = (component: string): { unit?: string } =>
  /home support|reablement|day support/i.test(component) ? { unit: 'hours' } : {}
