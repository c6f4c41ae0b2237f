import { type Provenance, ukCoreProfile } from '@chesil/fhir'

/** That two persons were made one, or two again, and since when. */
export interface PersonMerge {
  readonly kind: 'merge' | 'unmerge'
  readonly from: string
  readonly into: string
  /** ISO instant */
  readonly at: string
}

/** @see https://hl7.org/fhir/R4/valueset-iso-21089-lifecycle.html */
const activitySystem = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle'
const participantSystem = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

/** What a reader is told of it: who was joined to whom, by whom, and when. */
export const mergeProvenance = (id: string, { kind, from, into, at }: PersonMerge): Provenance => ({
  resourceType: 'Provenance',
  id,
  meta: { profile: [ukCoreProfile('Provenance')] },
  target: [from, into].map((person) => ({ reference: `Patient/${person}` })),
  recorded: at,
  activity: { coding: [{ system: activitySystem, code: kind }] },
  reason: [
    {
      text:
        kind === 'merge'
          ? 'PDS confirmed a number, or an organisation said so of its numbers'
          : 'What made them one does not hold any more'
    }
  ],
  agent: [
    {
      type: { coding: [{ system: participantSystem, code: 'assembler' }] },
      who: { display: 'Chesil shared care record' }
    }
  ]
})
