import { type OdsCode, parseOdsCode } from '@chesil/fhir'
import places from './places.json' with { type: 'json' }

/** A general practice that nobody runs. */
export interface Practice {
  /** Of a block that ODS has not issued: J99001, J99002, … */
  readonly odsCode: OdsCode
  readonly name: string
  /** Spine's number for its system. */
  readonly asid: string
  readonly telephone: string
  readonly address: Address
  /** Whether it lets its answers be kept, or only shown to the reader they were asked for. */
  readonly retention: 'store' | 'session'
}

export interface Address {
  readonly lines: readonly string[]
  readonly city: string
  readonly postalCode: string
}

/** Dorset and its neighbours have 85 practices, Connected Care 135; 153 sources is the largest we know. */
export const maxPractices = 153

/**
 * @param count 2 to 153. The second one is always the `session` practice, the others are `store`, so that
 *   a practice keeps its nature when the count changes.
 * @throws RangeError outside of that.
 */
export function createPractices(count: number): readonly Practice[] {
  if (!Number.isInteger(count) || count < 2 || count > maxPractices) {
    throw new RangeError(`2 to ${maxPractices} practices can be made`)
  }
  return Array.from({ length: count }, (_, index) => practiceAt(index))
}

/** @param index From 0; above 152 the names begin again. */
export function practiceAt(index: number): Practice {
  const { towns, streets, practices, practiceKinds } = places
  const round = Math.floor(index / practices.length)
  const town = at(towns, index)
  const serial = String(index + 1).padStart(3, '0')
  return {
    odsCode: parseOdsCode(`J99${serial}`),
    name: `${at(practices, index)} ${at(practiceKinds, index + round)}`,
    asid: `918999000${serial}`,
    // Ofcom keeps 01632 960000 to 960999 for drama.
    telephone: `01632 960${serial}`,
    address: {
      lines: [`${1 + ((index * 7) % 90)} ${at(streets, index * 3)}`],
      city: town.name,
      postalCode: `${town.district} ${index % 10}GP`
    },
    retention: index === 1 ? 'session' : 'store'
  }
}

const at = <T>(items: readonly T[], index: number): T => items[index % items.length] as T
