import type { Encounter } from '@chesil/fhir'
import { intersects } from './concept.ts'
import { identifierKeys, organisationKey } from './identity.ts'
import type { Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly identifiers: ReadonlySet<string>
  readonly place: string | undefined
  readonly when: When | undefined
  readonly status: Encounter['status']
}

/** The visit number; else one organisation, class and beginning. */
export const encounters: Kind<Encounter, Facts> = {
  types: ['Encounter'],
  joinsWithinSource: false,
  read(encounter, lookup) {
    if (encounter.status === 'entered-in-error') return undefined
    const organisation = organisationKey(encounter.serviceProvider, lookup)
    const kind = encounter.class?.code
    return {
      identifiers: identifierKeys(encounter.identifier),
      place: organisation && kind && kind !== 'UNK' ? `${organisation} ${kind}` : undefined,
      when: whenOf(encounter.period?.start),
      status: encounter.status
    }
  },
  blocks: ({ identifiers, place }) => [...identifiers, ...(place === undefined ? [] : [place])],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    if (intersects(a.identifiers, b.identifiers)) return 'alike'
    const isOnePlace = a.place !== undefined && a.place === b.place
    return isOnePlace && a.when && b.when && mayCoincide(a.when, b.when) ? 'same' : 'different'
  },
  rank: ({ status }) => [ongoing.has(status) ? 0 : 1],
  aspects({ status }) {
    if (status === 'unknown') return []
    return [{ kind: 'status', value: ongoing.has(status) ? 'under way' : status, words: status }]
  }
}

const ongoing: ReadonlySet<string> = new Set(['arrived', 'triaged', 'in-progress', 'onleave'])
