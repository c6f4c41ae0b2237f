import { defined, type Identifier } from '@chesil/fhir'
import { nameOf } from '../hl7v2/adt/telling.ts'
import { type Json, many, one, text, uri } from '../json.ts'
import type { AdwMessage } from './message.ts'
import { hospitalOf } from './organisations.ts'

/** The number that all notices of one stay share. */
const stayNumbers = 'https://fhir.nhs.uk/encounter-id'

export function findStayNumber({ encounter }: AdwMessage): Identifier | undefined {
  const identifiers = many(encounter?.source['identifier'])
  const shared = identifiers.find(({ system }) => uri(system) === stayNumbers)
  return toIdentifier(shared ?? identifiers[0])
}

/** `ReferralRequest.identifier`: the same in all notices and answers about one stay. */
export const findRequestNumber = ({ referral }: AdwMessage): Identifier | undefined =>
  toIdentifier(one(referral?.source['identifier']))

const uuid = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** A UUID needs no system; how the NHS names UUIDs is one. */
function toIdentifier(source: Json | undefined): Identifier | undefined {
  const value = text(source?.['value'])?.trim()
  if (value === undefined) return undefined
  const [, bare] = uuid.exec(value) ?? []
  const system = uri(source?.['system'])
  if (bare === undefined) return defined({ system, value })
  return { system: system ?? 'https://tools.ietf.org/html/rfc4122', value: bare.toLowerCase() }
}

/** What the stay is called in the record. */
export function stayKey(message: AdwMessage): string | undefined {
  const number = findStayNumber(message)
  return number && `encounter/${keyOf(number, message)}`
}

/** What the requests about a stay are called: by their number, else by that of the stay. */
export function requestKey(message: AdwMessage): string | undefined {
  const number = findRequestNumber(message)
  return number ? `referral/${keyOf(number, message)}` : stayKey(message)
}

/** What is no UUID may be another hospital's number as well. */
function keyOf({ system = '', value = '' }: Identifier, message: AdwMessage): string {
  return uuid.test(value) ? value : nameOf(hospitalOf(message) ?? '', system, value)
}
