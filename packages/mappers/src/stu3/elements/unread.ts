import { text } from '../../json.ts'
import type { Item } from '../item.ts'

const longest = 500

/** Keeps for the reader what a structured element could not hold. @param label As a reader would say it: `Onset`. */
export function keepAsText(value: unknown, label: string, item: Item): void {
  item.unread.push(`${label} as sent: ${asText(value)}`)
}

function asText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return text(value)?.slice(0, longest) ?? 'unreadable'
}
