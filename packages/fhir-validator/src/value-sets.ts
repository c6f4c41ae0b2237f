import type { CodeSystem, CodeSystemConcept, Coding, ValueSet, ValueSetComposeInclude } from '@chesil/fhir'
import { openDefinitionBundle } from './definition-bundle.ts'

/**
 * The codes of the value sets that FHIR itself publishes and that are lists or whole code systems. Those
 * of the world outside (UCUM units, MIME types, currencies) cannot be enumerated.
 */
export interface ValueSets {
  /**
   * @param canonical URL of the value set, with or without a version.
   * @returns `undefined` when its codes cannot be enumerated.
   */
  readonly findCodes: (canonical: string) => readonly Coding[] | undefined
}

type FindEntry = (url: string) => ValueSet | CodeSystem | undefined

export function createValueSets(): ValueSets {
  const bundle = openDefinitionBundle('valuesets.json')
  const find: FindEntry = (url) => bundle.findEntry(url) as ValueSet | CodeSystem | undefined
  const known = new Map<string, readonly Coding[] | undefined>()
  return {
    findCodes: (canonical) => {
      const [url = ''] = canonical.split('|')
      if (!known.has(url)) known.set(url, enumerate(find(url), find))
      return known.get(url)
    }
  }
}

function enumerate(
  valueSet: ValueSet | CodeSystem | undefined,
  find: FindEntry
): readonly Coding[] | undefined {
  if (valueSet?.resourceType !== 'ValueSet' || valueSet.compose?.exclude) return undefined
  const parts = (valueSet.compose?.include ?? []).map((include) => includedCodes(include, find))
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined
}

function includedCodes(include: ValueSetComposeInclude, find: FindEntry): readonly Coding[] | undefined {
  const { system, concept, filter, valueSet } = include
  if (!system || filter || valueSet) return undefined
  return (concept ?? findConcepts(system, find))?.flatMap((top) => toCodings(top, system))
}

/** The file knows a code system by an older URL than its canonical one; the last segment is the same. */
function findConcepts(system: string, find: FindEntry): readonly CodeSystemConcept[] | undefined {
  const codeSystem = find(`http://hl7.org/fhir/CodeSystem/${system.slice(system.lastIndexOf('/') + 1)}`)
  if (codeSystem?.resourceType !== 'CodeSystem' || codeSystem.url !== system) return undefined
  return codeSystem.content === 'complete' ? codeSystem.concept : undefined
}

function toCodings({ code, concept = [] }: CodeSystemConcept, system: string): Coding[] {
  return [
    { system, ...(code !== undefined && { code }) },
    ...concept.flatMap((narrower) => toCodings(narrower, system))
  ]
}
