import type { Encounter } from '@chesil/fhir'
import { intersects } from './concept.ts'
import { identifierKeys, organisationKey } from './identity.ts'
import type { Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly identifiers: ReadonlySet<string>
  readonly place: string | undefined
  readonly setting: string | undefined
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
      setting: settings.get(kind ?? ''),
      place: organisation && kind && kind !== 'UNK' ? `${organisation} ${kind}` : undefined,
      when: whenOf(encounter.period?.start),
      status: encounter.status
    }
  },
  blocks: ({ identifiers, place }) => [...identifiers, ...(place === undefined ? [] : [place])],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    // One spell may number the attendance and the admission after it: they are two.
    const isOther = a.setting !== undefined && b.setting !== undefined && a.setting !== b.setting
    if (isOther) return 'different'
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

/** @see https://terminology.hl7.org/ValueSet-v3-ActEncounterCode.html */
const settings: ReadonlyMap<string, string> = new Map([
  ['EMER', 'emergency'],
  ['IMP', 'inpatient'],
  ['ACUTE', 'inpatient'],
  ['NONAC', 'inpatient'],
  ['SS', 'inpatient'],
  ['AMB', 'outpatient'],
  ['VR', 'outpatient'],
  ['HH', 'home'],
  ['FLD', 'field']
])

const ongoing: ReadonlySet<string> = new Set(['arrived', 'triaged', 'in-progress', 'onleave'])
