import type { CouncilApi, CouncilQuestion } from '@chesil/contracts'
import type { NhsNumber } from '@chesil/fhir'
import { type AuthorisedSourceOptions, createAuthorisedSource, type NoAnswer } from '../authorised-source.ts'
import { fail, judgeAnswer } from '../gp-connect/answer.ts'
import type { Answer } from '../outbound/outbound.ts'
import type { BreakerState } from '../source-policy.ts'

export interface CouncilClientOptions extends AuthorisedSourceOptions {
  readonly source: Pick<CouncilApi, 'timeoutMs' | 'maxAnswerBytes' | 'concurrency'> & {
    readonly endpoint: Pick<CouncilApi['endpoint'], 'baseUrl'>
  }
}

export interface CouncilSearch {
  readonly nhsNumber: NhsNumber
  /** ISO instant: only what was changed since. Absent: everything. */
  readonly since?: string
  readonly signal?: AbortSignal
}

export interface CouncilFound {
  readonly outcome: 'answered'
  /** The answer, JSON, as it came. */
  readonly body: Uint8Array
}

/** One council's system. No call throws for what it or the network does, and none is tried twice. */
export interface CouncilClient {
  readonly findPerson: (search: CouncilSearch) => Promise<CouncilFound | NoAnswer>
  /** For metrics. */
  readonly state: () => BreakerState
}

/** @see openapi/council-api.json */
export function createCouncilClient(options: CouncilClientOptions): CouncilClient {
  const { endpoint, maxAnswerBytes } = options.source
  const council = createAuthorisedSource(options, judgeFound)
  return {
    findPerson: ({ nhsNumber, since, signal }) => {
      const question: CouncilQuestion = { nhsNumber, ...(since !== undefined && { since }) }
      return council.ask(
        {
          method: 'POST',
          url: `${endpoint.baseUrl}/people/search`,
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: JSON.stringify(question),
          maxBytes: maxAnswerBytes
        },
        signal
      )
    },
    state: council.state
  }
}

/** Whether it is an answer at all: whom it is about, and what it holds, is the mapper's to judge. */
function judgeFound(answer: Answer): CouncilFound | NoAnswer {
  const judged = judgeAnswer(answer, 0)
  if (judged.outcome !== 'answered') return judged
  const { body } = judged
  return saysWhetherKnown(body) ? { outcome: 'answered', body } : fail('not-a-council-answer', 200)
}

function saysWhetherKnown(body: Uint8Array): boolean {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as {
      known?: unknown
    } | null
    return typeof value?.known === 'boolean'
  } catch {
    return false
  }
}
