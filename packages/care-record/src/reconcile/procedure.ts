import type { Procedure } from '@chesil/fhir'
import { conceptKeys, contradicts, intersects } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly identifiers: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly when: When | undefined
  readonly status: Procedure['status']
}

/** A code and a day, and not another side or part of the body. */
export const procedures: Kind<Procedure, Facts> = {
  types: ['Procedure'],
  joinsWithinSource: false,
  read: (procedure) =>
    procedure.status === 'entered-in-error'
      ? undefined
      : {
          codes: conceptKeys([procedure.code]),
          identifiers: identifierKeys(procedure.identifier),
          sites: conceptKeys(procedure.bodySite ?? []),
          when: whenOf(procedure.performedDateTime ?? procedure.performedPeriod?.start),
          status: procedure.status
        },
  blocks: ({ codes, identifiers }) => [...codes, ...identifiers],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    if (contradicts(a.sites, b.sites)) return 'different'
    if (intersects(a.identifiers, b.identifiers)) return 'alike'
    const isOneDay = a.when && b.when && mayCoincide(a.when, b.when)
    if (!isOneDay || !intersects(a.codes, b.codes)) return 'different'
    return a.status === b.status ? 'alike' : 'same'
  },
  rank: ({ status }) => [status === 'completed' ? 0 : 1],
  aspects: ({ status }) => (status === 'unknown' ? [] : [{ kind: 'status', value: status, words: status }])
}
