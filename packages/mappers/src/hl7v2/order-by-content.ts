import { allOf, type Message, text } from './message.ts'
import ranks from './tables/content-ranks.json' with { type: 'json' }

const ofResults: ReadonlyMap<string, number> = new Map(Object.entries(ranks.results))
const ofReports: ReadonlyMap<string, number> = new Map(Object.entries(ranks.reports))
const ofOrders: ReadonlyMap<string, number> = new Map(Object.entries(ranks.orders))

/**
 * Where a message stands in the course of a report or an order whose trigger is always the same one: by the statuses
 * in it (OBR-25, OBX-11) or what is done with the order (ORC-1), the one that comes last.
 *
 * @returns 1 to 99; `undefined` where it says nothing.
 */
export function contentRank(message: Message): number | undefined {
  const found = placesOf(message)
  return found.length === 0 ? undefined : Math.max(...found)
}

function placesOf({ type, segments }: Message): readonly number[] {
  const places = (name: string, number: number, ranked: ReadonlyMap<string, number>) =>
    allOf(segments, name).flatMap((segment) => ranked.get(text(segment, number)?.toUpperCase() ?? '') ?? [])
  if (type === 'OML' || type === 'ORM') return places('ORC', 1, ofOrders)
  if (type !== 'ORU' && type !== 'OUL') return []
  return [...places('OBR', 25, ofReports), ...places('OBX', 11, ofResults)]
}
