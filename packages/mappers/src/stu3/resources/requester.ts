import type { Extension } from '@chesil/fhir'
import type { Json } from '../../json.ts'
import { organisations, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'

/**
 * R4 dropped the organisation that somebody asked on behalf of; for a medicine that came with the record
 * of an earlier practice, that is the practice.
 *
 * @see https://hl7.org/fhir/R4/versions.html#extensions
 */
export function toRequesterExtension(type: string, requester: Json | undefined, item: Item): Extension[] {
  const valueReference = toReference(requester?.['onBehalfOf'], item, organisations)
  const url = `http://hl7.org/fhir/3.0/StructureDefinition/extension-${type}.requester.onBehalfOf`
  return valueReference ? [{ url, valueReference }] : []
}
