import { labelItems, type SensitiveCodes } from '@chesil/care-record'
import { londonDay } from '@chesil/fhir'
import {
  type Database,
  findNotTheirs,
  readEachEntry,
  readEveryIndex,
  type ViewPlace
} from '@chesil/record-store'
import { type CollectedItems, collectItems } from './collect-items.ts'
import type { Piece } from './gzip-stream.ts'
import { mostSlabs, slabsInUse } from './slabs.ts'
import { createTurns } from './turns.ts'
import type { ViewItem } from './view-item.ts'

export interface PersonView {
  readonly patientId: string
  readonly version: number
  /** In the order in which they are shown: the person first, and files, which no list shows, last. */
  readonly items: readonly ViewItem[]
  /** All items that are listed, ready to be sent; absent where they do not lie side by side. */
  readonly listed?: Piece
}

export interface PastView extends PersonView {
  /** Something was held then that has been found to be another person's since: it is left out. */
  readonly hasTakenBack: boolean
}

export interface PersonViewOptions {
  readonly database: Database
  readonly sensitiveCodes: SensitiveCodes
  readonly baseUrl: () => string
  readonly capacityBytes: number
  /** ms since 1970 */
  readonly now: () => number
}

/** Views made anew from what is kept. */
function createLoading({ database, sensitiveCodes, baseUrl, now }: PersonViewOptions) {
  const inTurn = createTurns((running) => slabsInUse() + running < mostSlabs)

  const collect = <View>(
    place: ViewPlace,
    at: number,
    join: (items: CollectedItems) => View | Promise<View>
  ): Promise<View> =>
    inTurn(async () => {
      const items = collectItems({ sensitiveCodes, day: londonDay(at), baseUrl: baseUrl() })
      try {
        await readEachEntry(database, place, items.add)
        return await join(items)
      } finally {
        items.release()
      }
    })

  const load = (patientId: string, version: number, authority: string, at = now()): Promise<PersonView> =>
    collect({ patientId, version, authority }, at, (items) => ({
      patientId,
      version,
      ...items.join(patientId)
    }))

  /** With the labels of all that was ever said: what is sensitive today was not to be seen then either. */
  const loadPast = (patientId: string, version: number, at: number): Promise<PastView> =>
    collect({ patientId, version, authority: 'system' }, at, async (items) => {
      const notTheirs = await findNotTheirs(database, patientId)
      const everything = await readEveryIndex(database, patientId, 'system')
      const labels = labelItems(everything, sensitiveCodes)
      const { hasLeftOut, ...joined } = items.join(patientId, { labels, leftOut: notTheirs.ids })
      return { patientId, version, hasTakenBack: hasLeftOut || (notTheirs.lastSaidAt ?? 0) > at, ...joined }
    })

  return { load, loadPast }
}

/** Makes the views that requests ask for. */
export function createPersonViews(options: PersonViewOptions) {
  const { load, loadPast } = createLoading(options)
  const loadShared = (patientId: string, version: number) => load(patientId, version, 'system')
  return {
    /** What everybody may be shown, apart from policy. */
    shared: options.capacityBytes === 0 ? loadShared : remembering(loadShared, options),

    /** What only this session was shown; never kept here. */
    session: (patientId: string, version: number, session: string): Promise<PersonView> =>
      load(patientId, version, session),

    /** An earlier version as it was shown on a day (ms since 1970), so as to tell what has changed; not kept here. */
    earlier: (patientId: string, version: number, at: number): Promise<PersonView> =>
      load(patientId, version, 'system', at),

    /** An earlier version for whoever reads it today, as of a moment (ms since 1970); not kept here. */
    past: loadPast
  }
}

/** Views of persons read lately, up to a number of bytes; on one day a version never changes, so none is ever stale. */
function remembering(
  load: (patientId: string, version: number) => Promise<PersonView>,
  { capacityBytes, now }: PersonViewOptions
) {
  const cache = new Map<string, { readonly view: Promise<PersonView>; bytes: number }>()
  let total = 0

  function forget(key: string): void {
    total -= cache.get(key)?.bytes ?? 0
    cache.delete(key)
  }

  return async (patientId: string, version: number): Promise<PersonView> => {
    const key = `${patientId} ${version} ${londonDay(now())}`
    const cached = cache.get(key)
    if (cached) {
      cache.delete(key)
      cache.set(key, cached) // the least lately used comes first
      return await cached.view
    }
    const entry = { view: load(patientId, version), bytes: 0 }
    cache.set(key, entry)
    try {
      const view = await entry.view
      if (cache.get(key) === entry) {
        entry.bytes = sizeOf(view)
        total += entry.bytes
      }
      for (const oldest of cache.keys()) {
        if (total <= capacityBytes) break
        forget(oldest)
      }
      return view
    } catch (error) {
      forget(key)
      throw error
    }
  }
}

export type PersonViews = ReturnType<typeof createPersonViews>

/** About what it takes in memory, in bytes: its text, compressed as well once somebody wants it so, and its index. */
const sizeOf = ({ items }: PersonView): number =>
  items.reduce((sum, { body }) => sum + body.length * 1.5 + 2_000, 0)
