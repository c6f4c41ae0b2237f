import type { DiagnosticReport } from '@chesil/fhir'
import { conceptKeys, contradicts, intersects } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Kind, Lookup } from './kind.ts'
import { observations } from './observation.ts'
import { settledAspect, settledRank } from './settled.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly identifiers: ReadonlySet<string>
  readonly when: When | undefined
  readonly status: string
  /** Values of its results, by code. */
  readonly results: ReadonlyMap<string, string>
}

/** The laboratory's number; else a code, a time as exact as both know it, and no result of one code with another value. */
export const reports: Kind<DiagnosticReport, Facts> = {
  types: ['DiagnosticReport'],
  joinsWithinSource: false,
  read(report, lookup) {
    const codes = conceptKeys([report.code])
    const identifiers = identifierKeys(report.identifier)
    if (report.status === 'entered-in-error' || (codes.size === 0 && identifiers.size === 0)) return undefined
    const when = whenOf(report.effectiveDateTime ?? report.effectivePeriod?.start)
    return { codes, identifiers, when, status: report.status, results: resultsOf(report, lookup) }
  },
  blocks: ({ codes, identifiers }) => [...identifiers, ...codes],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    // One number of a laboratory may stand on several reports of one specimen.
    if (areOtherCodes(a.codes, b.codes)) return 'different'
    if (intersects(a.identifiers, b.identifiers)) return 'alike'
    if (!intersects(a.codes, b.codes) || !a.when || !b.when || !mayCoincide(a.when, b.when))
      return 'different'
    for (const [code, value] of a.results) {
      if ((b.results.get(code) ?? value) !== value) return 'different'
    }
    return a.results.size > 0 && b.results.size > 0 ? 'alike' : 'same'
  },
  rank: ({ status }) => [settledRank(status)],
  aspects: ({ status }) => settledAspect(status)
}

/** Both name a code of one system, and none in common. */
function areOtherCodes(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const systemOf = (key: string) => key.slice(0, key.lastIndexOf('|'))
  const systems = new Set([...b].map(systemOf))
  return contradicts(a, b) && [...a].some((key) => systems.has(systemOf(key)))
}

function resultsOf({ result = [] }: DiagnosticReport, lookup: Lookup): ReadonlyMap<string, string> {
  const told = result.flatMap((reference) => {
    const found = lookup.find(reference)
    const facts = found?.resourceType === 'Observation' ? observations.read(found, lookup) : undefined
    return facts?.value === undefined ? [] : [[facts.codes, facts.value] as const]
  })
  return new Map(told.flatMap(([codes, value]) => [...codes].map((code) => [code, value] as const)))
}
