import { createTrusts, type HospitalMessage, hospitalDay, type Trust } from '@chesil/synthetic'
import type { TrustBehaviour } from '../fhir-r4/behaviour.ts'
import { createHeldResources, type HeldResources } from '../fhir-r4/held-resources.ts'
import type { PersonState, World } from '../world/world.ts'
import type { Nuisance } from './nuisance.ts'
import type { Play } from './play.ts'

/** A trust: what its FHIR endpoint holds and how that behaves, and what its engine is doing. */
export interface TrustState {
  readonly trust: Trust
  behaviour: TrustBehaviour
  /** How often the FHIR endpoint was asked, tokens aside. */
  requests: number
  readonly resources: HeldResources
  play: Play | undefined
  nuisance: Nuisance | undefined
}

export interface TrustWorld {
  readonly trusts: readonly TrustState[]
  findTrust(odsCode: string): TrustState | undefined
  /** Of whom trusts send messages: those whom practices and PDS know without anything particular. */
  patients(): readonly PersonState[]
  /** Everything as it was in the beginning; plays are stopped. */
  reset(): Promise<void>
  /** Stops whatever the trusts' engines are doing. */
  close(): Promise<void>
}

export interface TrustWorldOptions {
  readonly seed: string
  readonly count: number
  /** An ISO date: the day up to which records tell. */
  readonly asAt: string
  readonly world: World
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function createTrustWorld({ seed, count, asAt, world, now }: TrustWorldOptions): TrustWorld {
  const trusts = createTrusts(count).map(
    (trust): TrustState => ({
      trust,
      behaviour: { kind: 'healthy' },
      requests: 0,
      resources: createHeldResources({ seed, asAt, trust, world, now }),
      play: undefined,
      nuisance: undefined
    })
  )
  const byCode = new Map<string, TrustState>(trusts.map((state) => [state.trust.odsCode, state]))
  const close = async () => {
    await Promise.all(trusts.flatMap(({ play, nuisance }) => [play?.stop(), nuisance?.stop()]))
  }
  return {
    trusts,
    findTrust: (odsCode) => byCode.get(odsCode),
    patients: () =>
      world.people.filter(
        ({ person, invalidated }) => ['ordinary', 'superseded'].includes(person.kind) && !invalidated
      ),
    async reset() {
      await close()
      for (const state of trusts) {
        Object.assign(state, {
          behaviour: { kind: 'healthy' },
          requests: 0,
          play: undefined,
          nuisance: undefined
        })
        state.resources.reset()
      }
    },
    close
  }
}

export interface DayRequest {
  readonly seed: string
  /** An ISO date. */
  readonly day: string
  readonly people: readonly PersonState[]
}

export const dayOf = ({ trust }: TrustState, { seed, day, people }: DayRequest): readonly HospitalMessage[] =>
  hospitalDay({ seed, asAt: day, trust, people: people.map(({ person }) => person) })
