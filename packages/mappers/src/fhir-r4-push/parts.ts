import type {
  ClaimedSubject,
  ContributionEntry,
  IdentityStatement,
  LocalIdentifier,
  MessagePart,
  QuarantinedItem
} from '@chesil/contracts'
import type { FhirPush } from './items.ts'
import { type PlaceOfVersion, sequenceOf } from './order.ts'

/** What is said of one person at one place in their source's order. */
export interface Part {
  readonly entries: ContributionEntry[]
  readonly quarantined: QuarantinedItem[]
  readonly identity: IdentityStatement[]
}

interface OrderedPart extends Part {
  readonly local: LocalIdentifier
  readonly sourceTime: string
  readonly sourceSequence: number
}

/** Collects the parts of a message. */
export interface Parts {
  readonly at: (
    local: LocalIdentifier,
    version: { readonly time: string; readonly sequence: number },
    place: PlaceOfVersion
  ) => Part
  readonly all: () => readonly MessagePart[]
}

/** @param push What it says of a person goes with each of their parts. */
export function createParts(push: FhirPush): Parts {
  const subjects = subjectsOf(push)
  const parts = new Map<string, OrderedPart>()
  return {
    at(local, { time, sequence }, place) {
      const sourceSequence = sequenceOf(sequence, place)
      const key = JSON.stringify([keyOf(local), time, sourceSequence])
      const part = parts.get(key) ?? {
        ...{ local, sourceTime: time, sourceSequence },
        ...{ entries: [], quarantined: [], identity: [] }
      }
      parts.set(key, part)
      return part
    },
    all: () =>
      [...parts]
        .sort(byKey)
        .map(([, { local, entries, quarantined, identity, sourceTime, sourceSequence }]) => ({
          subject: subjects.get(keyOf(local)) ?? { local },
          contribution: { mode: 'delta', sections: [], entries: lastOfEach(entries), quarantined },
          identity,
          documents: [],
          sourceTime,
          sourceSequence
        }))
  }
}

const keyOf = ({ system, value }: LocalIdentifier): string => `${system}\n${value}`
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

/** By whoever says most of them: their own Patient, else what gives their NHS number. */
function subjectsOf(push: FhirPush): ReadonlyMap<string, ClaimedSubject> {
  const subjects = new Map<string, ClaimedSubject>()
  for (const { person } of push.items) {
    if (!person) continue
    const key = keyOf(person.subject.local)
    const known = subjects.get(key)
    if (!known || Object.keys(known).length < Object.keys(person.subject).length)
      subjects.set(key, person.subject)
  }
  return subjects
}

/** In one order, so that the same items in another order are the same statement. */
function lastOfEach(entries: readonly ContributionEntry[]): readonly ContributionEntry[] {
  const byName = new Map(entries.map((entry) => [entry.sourceResourceId, entry]))
  return [...byName.values()].sort((a, b) => (a.sourceResourceId < b.sourceResourceId ? -1 : 1))
}
