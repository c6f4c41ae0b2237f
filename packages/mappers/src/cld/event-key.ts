import type { CldRow } from './row.ts'

/**
 * By what the event of a row is known again in a later submission: not by `Event_Reference`, which councils number anew.
 * The council and the person are not in it.
 *
 * @see https://www.gov.uk/government/collections/adult-social-care-client-level-data
 */
export function eventKey({ type, start, end = '', values }: CldRow): string {
  const client = values.Client_Type ?? ''
  switch (type) {
    case 'Service':
      return key(type, start, client, values.Service_Type ?? '', values.Service_Component ?? '')
    case 'Request':
      return key(type, start, end, client, values.Request_Route_of_Access ?? '')
    case 'Assessment':
      return key(type, start, end, client, values.Assessment_Type ?? '')
    case 'Review':
      return key(type, start, end, client)
  }
}

/** As councils write them: with other capitals or spaces it is the same. */
const key = (...parts: readonly string[]): string =>
  JSON.stringify(parts.map((part) => part.toLowerCase().replaceAll(/\s+/g, ' ')))
