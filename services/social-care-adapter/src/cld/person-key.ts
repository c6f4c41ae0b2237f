import type { LocalIdentifier } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { CldRow, MessageContext } from '@chesil/mappers'

/**
 * By what a council knows a person: its own number, else the NHS number that it claims. Nobody else's rows come under
 * the same key; of somebody who is named now by one and now by the other there are two.
 */
export const personKeyOf = ({ laPersonId, nhsNumber }: CldRow): string =>
  laPersonId === undefined ? `nhs:${nhsNumber}` : `la:${laPersonId}`

/** Whom the key names, as the record has it. */
export function localOf(key: string, { source }: MessageContext): LocalIdentifier {
  const value = key.slice(key.indexOf(':') + 1)
  return key.startsWith('nhs:')
    ? { system: chesil.claimedNhsNumber(source.odsCode), value }
    : { system: source.patientNumberSystem, value }
}
