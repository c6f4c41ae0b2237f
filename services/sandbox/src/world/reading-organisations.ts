import type { ReadingOrganisation } from '@chesil/contracts'
import table from './reading-organisations.json' with { type: 'json' }

/** Organisations that do not exist, whose staff read the record: a hospital, a community trust, a council. */
export const readingOrganisations: readonly ReadingOrganisation[] = table

/** Whom practices let ask. */
export const consumerAsids: ReadonlySet<string> = new Set(table.map(({ asid }) => asid))
