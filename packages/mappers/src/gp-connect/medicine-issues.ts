import { many, word } from '../json.ts'
import { dayOf } from '../stu3/elements/dates.ts'
import { findTarget } from '../stu3/elements/references.ts'
import type { Item } from '../stu3/item.ts'
import { laterOf } from '../stu3/medicine-currency.ts'

/** An order of such a status was never issued. */
const neverIssued = new Set(['cancelled', 'draft', 'entered-in-error'])

/** @returns the day of the latest issue of each plan, as a FHIR date; plans without one are absent. */
export function lastIssuesIn(items: readonly Item[]): ReadonlyMap<Item, string> {
  const lastIssues = new Map<Item, string>()
  for (const item of items) {
    const day = issuedOn(item)
    if (day === undefined) continue
    for (const { reference } of many(item.source['basedOn'])) {
      const plan = findTarget(word(reference) ?? '', item)
      const latest = plan && laterOf(lastIssues.get(plan), day)
      if (plan && latest !== undefined) lastIssues.set(plan, latest)
    }
  }
  return lastIssues
}

/** `undefined` for what is no issue. */
function issuedOn({ type, source, withheld }: Item): string | undefined {
  if (type !== 'MedicationRequest' || withheld) return undefined
  const intent = word(source['intent'])?.toLowerCase() ?? ''
  const status = word(source['status'])?.toLowerCase() ?? ''
  if (!intent.endsWith('order') || neverIssued.has(status)) return undefined
  return dayOf(source['authoredOn'])
}
