import type { LocalIdentifier } from '@chesil/contracts'
import type { MessageContext } from '../message-context.ts'
import type { FhirPush } from './items.ts'
import type { PlaceOfVersion } from './order.ts'
import { ownNumber } from './persons.ts'

/** A point in a source's order. */
interface ToldAt {
  /** ISO instant */
  readonly time: string
  readonly sequence: number
}

/** Whose a version of an item says that it is. */
export interface PushedTelling extends ToldAt {
  /** E.g. `Observation/o1`; of a person's own number `Patient/p1#number`. */
  readonly item: string
  /** Absent: nobody's any more, whoever's it was. */
  readonly local?: LocalIdentifier
}

/** All that is known of whose an item was said to be: by whom it names, the first and the last version. */
export interface PushedItemTold {
  readonly local?: LocalIdentifier
  readonly first: ToldAt
  readonly last: ToldAt
}

const numberOf = (patientId: string): string => `Patient/${patientId}#number`

/** @returns the id at the source of the person whose own number it is; `undefined` for any other item. */
export const patientNumbered = (item: string): string | undefined => /^Patient\/(.+)#number$/.exec(item)?.[1]

/**
 * What a push says of whose its items are. A deletion names no person, and a later version may name another: so it has
 * to be kept what other versions said, and this may come before them.
 */
export const tellingsOf = (push: FhirPush, context: MessageContext): readonly PushedTelling[] =>
  push.items.flatMap(({ entry, name, person }): PushedTelling[] => {
    const { time, sequence } = entry.version
    if (entry.type !== 'Patient') {
      const local = person?.subject.local
      return [{ item: name, time, sequence, ...(local && { local }) }]
    }
    if (!entry.hasOwnId) return []
    const local = entry.source && ownNumber(entry.source, context)
    return [{ item: numberOf(entry.id), time, sequence, ...(local && { local }) }]
  })

/** That an item is not, or no longer, a person's, and where in the source's order that stands. */
export interface Elsewhere extends ToldAt {
  readonly local: LocalIdentifier
  readonly place: PlaceOfVersion
}

/**
 * Whose an item is not, once a version of it has come: not theirs any more of whom earlier versions said that it is;
 * and not of whom this version names, where the last one says otherwise.
 */
export function elsewhere(said: PushedTelling, told: readonly PushedItemTold[]): readonly Elsewhere[] {
  const { local } = said
  const others = told.flatMap((other): Elsewhere[] => {
    if (!other.local || isSame(other.local, local)) return []
    const order = compare({ ...other, ...other.first }, said)
    if (order > 0) return []
    return [
      { local: other.local, time: said.time, sequence: said.sequence, place: placeOf(said, other.first) }
    ]
  })
  const last = told
    .map((one) => ({ ...one, ...one.last }))
    .sort(compare)
    .at(-1)
  if (!local || !last || isSame(last.local, local) || compare(said, last) > 0) return others
  return [...others, { local, time: last.time, sequence: last.sequence, place: placeOf(last, said) }]
}

/** @param before What the later one takes an item from. */
function placeOf(later: ToldAt & { readonly local?: LocalIdentifier }, before: ToldAt): PlaceOfVersion {
  if (!later.local) return 'deleted'
  return later.time === before.time && later.sequence === before.sequence ? 'contested' : 'moved'
}

const isSame = (a: LocalIdentifier | undefined, b: LocalIdentifier | undefined): boolean =>
  a?.system === b?.system && a?.value === b?.value

/** Where one version names two people, the order of their numbers decides: whatever comes first, the same one has it. */
function compare(a: Omit<PushedTelling, 'item'>, b: Omit<PushedTelling, 'item'>): number {
  const key = ({ time, sequence, local }: typeof a) =>
    [time, String(sequence).padStart(12, '0'), local ? 0 : 1, local?.system ?? '', local?.value ?? ''].join(
      '\n'
    )
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}
