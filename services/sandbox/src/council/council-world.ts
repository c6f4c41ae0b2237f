import { type CouncilOrganisation, createCouncils, type Person } from '@chesil/synthetic'
import type { PersonState } from '../world/world.ts'
import type { CouncilBehaviour } from './behaviour.ts'
import { type CaseFiles, createCaseFiles } from './case-files.ts'

/** A council: what its system holds, and how its API behaves. */
export interface CouncilState {
  readonly council: CouncilOrganisation
  behaviour: CouncilBehaviour
  /** How often its API was asked, tokens aside. */
  requests: number
  readonly files: CaseFiles
}

export interface CouncilWorld {
  readonly seed: string
  readonly councils: readonly CouncilState[]
  /** Who comes first in every submission, as they were in the beginning. */
  readonly people: readonly Person[]
  findCouncil(odsCode: string): CouncilState | undefined
  /** Everything as it was in the beginning. */
  reset(): void
}

export interface CouncilWorldOptions {
  readonly seed: string
  readonly count: number
  readonly people: readonly PersonState[]
  /** @param at ms since 1970. @returns the day of which councils tell then. */
  readonly dayAt: (at: number) => string
  readonly now: () => number
}

export function createCouncilWorld({ seed, count, people, dayAt, now }: CouncilWorldOptions): CouncilWorld {
  const beginnings = people.map((state) => ({ state, person: state.person }))
  const councils = createCouncils(count).map(
    (council): CouncilState => ({
      council,
      behaviour: { kind: 'healthy' },
      requests: 0,
      files: createCaseFiles({ seed, council, people: beginnings, dayAt, now })
    })
  )
  const byCode = new Map<string, CouncilState>(councils.map((state) => [state.council.odsCode, state]))
  return {
    seed,
    councils,
    people: beginnings.map(({ person }) => person),
    findCouncil: (odsCode) => byCode.get(odsCode),
    reset() {
      for (const state of councils) {
        Object.assign(state, { behaviour: { kind: 'healthy' }, requests: 0 })
        state.files.reset()
      }
    }
  }
}
