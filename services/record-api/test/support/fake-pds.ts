import { type NhsNumber, OutcomeError } from '@chesil/fhir'
import type { PdsClient, SearchOutcome, TraceOutcome } from '@chesil/source-clients'

/** What PDS knows, for one test file. A number that is not in `traces` is nobody's. */
export interface FakePds extends PdsClient {
  readonly traces: Map<NhsNumber, TraceOutcome>
  search: PdsClient['search']
  /** What a search finds. */
  found: SearchOutcome
  isAway: boolean
  /** Numbers it was asked about. */
  readonly asked: NhsNumber[]
}

export function createFakePds(): FakePds {
  const pds: FakePds = {
    traces: new Map(),
    found: { outcome: 'matches', matches: [] },
    isAway: false,
    asked: [],
    trace: async (nhsNumber) => {
      pds.asked.push(nhsNumber)
      if (pds.isAway) throw away()
      return pds.traces.get(nhsNumber) ?? { outcome: 'not-found' }
    },
    search: async () => {
      if (pds.isAway) throw away()
      return pds.found
    }
  }
  return pds
}

const away = () => new OutcomeError('upstreamTimeout', 'The Personal Demographics Service did not answer')
