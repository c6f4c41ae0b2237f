import type { LocalIdentifier } from '@chesil/contracts'
import { fingerprint } from '../fingerprint.ts'
import { one, text, uri, word } from '../json.ts'
import type { PrsbContent } from './read-prsb.ts'

const uuid = /^(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/**
 * What a response is called through all its issues: its identifier, else its id, else it is the one of its kind about
 * the person. A number without a system is only told apart among one person's.
 */
export function documentName({ response, kind }: PrsbContent, { system, value }: LocalIdentifier): string {
  const identifier = one(response['identifier'])
  const number = text(identifier?.['value'])
  const [, bare] = uuid.exec(number?.trim() ?? '') ?? []
  const scope = uri(identifier?.['system'])
  const id = word(response['id'])
  if (bare !== undefined) return bare.toLowerCase()
  if (number !== undefined)
    return short(scope === undefined ? `${system}|${value}|${number}` : `${scope}|${number}`)
  return short(id === undefined ? `${kind}|${system}|${value}` : `QuestionnaireResponse/${id}`)
}

const longestName = 300

function short(name: string): string {
  const bare = name.replaceAll(/\s/g, ' ')
  return bare.length > longestName ? `~${fingerprint(bare)}` : bare
}
