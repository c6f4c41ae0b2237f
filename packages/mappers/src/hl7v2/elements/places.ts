import { type Address, defined, type Reference } from '@chesil/fhir'
import { field, part, type Repetition, type Segment } from '../message.ts'
import { localSystem } from './identifiers.ts'
import type { Reading } from './reading.ts'

const addressUses: ReadonlyMap<string, Address['use']> = new Map([
  ['H', 'home'],
  ['O', 'work'],
  ['B', 'work'],
  ['C', 'temp'],
  ['V', 'temp'],
  ['BA', 'old'],
  ['BI', 'billing']
])

/** XAD: street^other^town^county^postcode^country^type; UK senders fill its first four as the lines they print. */
export function toAddress(value: Repetition): Address | undefined {
  const street = [1, 2].map((component) => part(value, component)).filter((line) => line !== undefined)
  const address = defined({
    line: street.length > 0 ? street : undefined,
    city: part(value, 3),
    district: part(value, 4),
    postalCode: part(value, 5)?.toUpperCase(),
    country: part(value, 6)
  })
  if (Object.keys(address).length === 0) return undefined
  return defined({ use: addressUses.get(part(value, 7)?.toUpperCase() ?? ''), ...address })
}

export function addresses(segment: Segment | undefined, number: number): Address[] | undefined {
  const found = field(segment, number).flatMap((value) => toAddress(value) ?? [])
  return found.length > 0 ? found : undefined
}

/**
 * PL: ward^room^bed^site. A logical reference, known by the whole place at the source; read as "ward, room, bed".
 */
export function toPlace(value: Repetition | undefined, reading: Reading): Reference | undefined {
  if (!value) return undefined
  const place = [1, 2, 3].map((component) => part(value, component))
  const site = part(value, 4)
  const display = part(value, 9, 0) ?? place.filter((one) => one !== undefined).join(', ')
  const name = [...place, site]
    .map((one) => one ?? '')
    .join('/')
    .replace(/\/+$/, '')
  if (name === '') return display === '' ? undefined : { type: 'Location', display }
  return {
    type: 'Location',
    identifier: {
      system: localSystem(reading.context.source, 'location'),
      value: name
    },
    display: display === '' ? (site ?? '') : display
  }
}

export const place = (
  segment: Segment | undefined,
  number: number,
  reading: Reading
): Reference | undefined => toPlace(field(segment, number)[0], reading)
