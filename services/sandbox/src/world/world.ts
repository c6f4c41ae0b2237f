import { findNhsNumber, type NhsNumber, type OdsCode } from '@chesil/fhir'
import { type Confidentiality, type Person, type Practice, withNhsNumber } from '@chesil/synthetic'
import type { Behaviour } from '../gp-connect/behaviour.ts'
import type { PdsBehaviour } from '../pds/behaviour.ts'
import type { HeldRecord } from './held-record.ts'

/** A person, and what the control API may change about them. */
export interface PersonState {
  person: Person
  confidentiality: Confidentiality
  /** Withdrawn by PDS: the number is nobody's any more. */
  invalidated: boolean
  /** Has told the practice not to share. */
  dissents: boolean
  /** The practice still waits for the former one's record. */
  inTransit: boolean
  /** Of the demographics. */
  version: number
  readonly record: HeldRecord
}

export interface PracticeState {
  readonly practice: Practice
  behaviour: Behaviour
  /** How often it was asked, by interface, whatever it answered. */
  readonly requests: Record<PracticeInterface, number>
  /** Whom it has given out the ids of: others would have their records made, only to be looked through for an id. */
  readonly patientIds: Map<string, PersonState>
}
export type PracticeInterface = 'structured' | 'documents'

export interface PdsState {
  behaviour: PdsBehaviour
  requests: number
}

/** Everything that is simulated, and that tests may change while it runs. */
export interface World {
  readonly practices: readonly PracticeState[]
  readonly people: readonly PersonState[]
  readonly pds: PdsState
  findPractice(odsCode: string): PracticeState | undefined
  /** By the present number or a former one. */
  findPerson(nhsNumber: string): PersonState | undefined
  /** Whom the practice has on its list now, known by their present number. */
  registeredAt(odsCode: OdsCode): readonly PersonState[]
  /** Gives a person a new number; the old one leads to them still. */
  supersede(state: PersonState): NhsNumber
  /** Everything as it was in the beginning, and nothing counted. */
  reset(): void
}

export interface WorldContents {
  readonly practices: readonly Practice[]
  readonly people: readonly PersonState[]
  readonly nextNhsNumber: () => NhsNumber
}

export function createWorld({ practices, people, nextNhsNumber }: WorldContents): World {
  const byCode = new Map<string, PracticeState>(
    practices.map((practice) => [
      practice.odsCode,
      {
        practice,
        behaviour: { kind: 'healthy' },
        requests: { structured: 0, documents: 0 },
        patientIds: new Map()
      }
    ])
  )
  const byNumber = new Map<string, PersonState>()
  const know = (state: PersonState) => {
    for (const number of [state.person.nhsNumber, ...state.person.formerNhsNumbers])
      byNumber.set(number, state)
  }
  people.forEach(know)
  const beginnings = people.map((state) => ({ state, beginning: { ...state } }))
  const pds: PdsState = { behaviour: { kind: 'healthy' }, requests: 0 }

  function newNumber(): NhsNumber {
    const number = nextNhsNumber()
    return byNumber.has(number) ? newNumber() : number
  }

  return {
    practices: [...byCode.values()],
    people,
    pds,
    findPractice: (odsCode) => byCode.get(odsCode),
    findPerson: (nhsNumber) => byNumber.get(findNhsNumber(nhsNumber) ?? ''),
    registeredAt: (odsCode) => people.filter(({ person }) => person.practice === odsCode),
    supersede(state) {
      const { nhsNumber, formerNhsNumbers } = state.person
      const number = newNumber()
      state.person = {
        ...state.person,
        nhsNumber: number,
        formerNhsNumbers: [nhsNumber, ...formerNhsNumbers]
      }
      state.version += 1
      state.record.edit((record) => withNhsNumber(record, number))
      know(state)
      return number
    },
    reset() {
      for (const { state, beginning } of beginnings) {
        const { record: _same, ...rest } = beginning
        Object.assign(state, rest)
        state.record.reset()
      }
      for (const practice of byCode.values()) {
        practice.behaviour = { kind: 'healthy' }
        Object.assign(practice.requests, { structured: 0, documents: 0 })
      }
      Object.assign(pds, { behaviour: { kind: 'healthy' }, requests: 0 })
    }
  }
}

/** Whether a practice would speak of the person at all: it does not of the sensitive, the dead and the unknown. */
export const isDisclosed = ({ person, confidentiality, invalidated }: PersonState): boolean =>
  confidentiality === 'U' && !invalidated && person.deathDate === undefined
