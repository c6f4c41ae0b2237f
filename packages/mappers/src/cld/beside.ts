import { labelsOfWords } from '../sensitive-words.ts'
import type { CldRow } from './row.ts'

/**
 * What stands beside a service, and is not the service: words about it, and who gives it. A label hides a whole item, and
 * that somebody has home care is not to be hidden because a dog, a prison or an asylum centre is named beside it. So
 * sensitive words are left out of the service and stand in an item of their own. What the service itself is (its type,
 * its component) stays, and labels all of it.
 */
export const isOpen = (words: string): boolean => labelsOfWords(words).length === 0

export function openDescription({ values: { Event_Description: said } }: CldRow): string | undefined {
  return said !== undefined && isOpen(said) ? said : undefined
}

export function openProvider({ values: { Provider_CQC_Location_Name: name } }: CldRow): string | undefined {
  return name !== undefined && isOpen(name) ? name : undefined
}
