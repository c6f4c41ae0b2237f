import type { CodeableConcept } from '@chesil/fhir'
import renamed from './tables/care-connect-code-systems.json' with { type: 'json' }

const codeSystems: ReadonlyMap<string, string> = new Map(Object.entries(renamed))

/** CareConnect's systems of codes of the Data Dictionary and its own got UK Core's names. The concept is changed. */
export function renameSystems<T extends CodeableConcept | undefined>(concept: T): T {
  for (const coding of concept?.coding ?? []) {
    const name = /\/CareConnect-([A-Za-z]+)-\d$/.exec(coding.system ?? '')?.[1]
    const system = codeSystems.get(name ?? '')
    if (system !== undefined) coding.system = system
  }
  return concept
}
