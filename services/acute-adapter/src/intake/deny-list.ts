import type { Hl7v2Sender } from '@chesil/contracts'
import {
  type Hl7v2Repetition,
  type Hl7v2Segment,
  hl7v2Field,
  hl7v2Part,
  readHl7v2Message
} from '@chesil/mappers'
import { contextOf } from '../message-context.ts'
import { createDenial, type DoorTraits } from './denied-values.ts'
import { identityAlone } from './identity-alone.ts'
import { stayHashOf, staysIn } from './stays.ts'

/** What of a message decides whether its source shares it. */
export interface DoorFindings {
  readonly isDenied: boolean
  /** Of the stay it belongs to, with the source: its number itself is not kept. */
  readonly visitHash?: string
  /** Of further stays that it tells of, such as an exchange of beds. */
  readonly otherVisitHashes?: readonly string[]
  /** Of a denied message: those of its stays that are not shared. */
  readonly deniedVisitHashes?: readonly string[]
  /** It gives a stay another number: where the one is not shared, neither is the other. */
  readonly isRenumbered?: true
  /** What is left of it to be kept where it is denied: whom it says to be whom. */
  readonly identityText?: string
}

type Place = readonly [segment: string, field: number, components: readonly number[]]

/** Where the person is, was, or is awaited: ward, room, bed, site, description. */
const ofPlace = [1, 2, 3, 4, 9]
/** A code, and the same in another system. */
const codes = [1, 4]
/** What such codes are called. */
const texts = [2, 5]

/** What is asked for in an appointment, by which resource and of which schedule: many a clinic is named by nothing else. */
const plannedPlaces: readonly Place[] = [
  ['AIS', 3, [1, 2, 4, 5]],
  ['AIG', 3, [1, 2, 4, 5]],
  ['SCH', 5, [1, 2, 4, 5]]
]
const places: Readonly<Record<keyof DoorTraits, readonly Place[]>> = {
  treatmentFunctions: [
    ['PV1', 10, codes],
    ['AIS', 3, codes],
    ['RF1', 3, codes]
  ],
  locations: [
    ...[3, 6, 11, 42, 43].map((field) => ['PV1', field, ofPlace] as const),
    ['PV2', 1, ofPlace],
    ['AIL', 3, ofPlace],
    ['ORC', 13, ofPlace],
    ...plannedPlaces
  ],
  documentTypes: [
    ['TXA', 2, codes],
    ['OBR', 4, codes],
    ['OBX', 3, codes]
  ],
  names: [
    ['PV1', 3, ofPlace],
    ['PV1', 10, [1, ...texts]],
    ['AIL', 3, ofPlace],
    ['TXA', 2, texts],
    ['TXA', 16, [1]],
    ['TXA', 25, [1]],
    ['RF1', 3, [1, ...texts]],
    ['SCH', 7, [1, ...texts]],
    ['SCH', 8, [1, ...texts]],
    ...plannedPlaces
  ]
}

/**
 * Looks at a message for what its source does not share, see `refuse` in the catalogue. It is read as it will be
 * mapped: what the door overlooked would land.
 */
export function createDoorCheck(source: Hl7v2Sender): (text: string) => DoorFindings {
  const deny = createDenial(source.refuse)
  const context = contextOf(source, '')
  const isDenied = (segments: readonly Hl7v2Segment[]) => deny(traitsOf(segments))
  return (text) => {
    const message = readHl7v2Message(text)
    if (!message) return { isDenied: false }
    const isWholeDenied = isDenied(message.segments)
    const stays = staysIn(message, context).map(({ names, visit, isRenumbered }) => ({
      hashes: names.map((name) => stayHashOf(source.id, name)),
      isDenied: isRenumbered ? isWholeDenied : visit !== undefined && isDenied([visit]),
      isRenumbered
    }))
    const denied = hashesOf(stays.filter((stay) => stay.isDenied))
    // Of several stays, the one that is not shared comes first.
    const [visitHash, ...others] = new Set([...denied, ...hashesOf(stays)])
    const identityText = identityAlone(message)
    return {
      isDenied: isWholeDenied,
      ...(visitHash !== undefined && { visitHash }),
      ...(others.length > 0 && { otherVisitHashes: others }),
      ...(denied.size > 0 && { deniedVisitHashes: [...denied] }),
      ...(stays.some((stay) => stay.isRenumbered) && { isRenumbered: true }),
      ...(identityText !== undefined && { identityText })
    }
  }
}

const hashesOf = (stays: readonly { readonly hashes: readonly string[] }[]): ReadonlySet<string> =>
  new Set(stays.flatMap(({ hashes }) => hashes))

const traitsOf = (segments: readonly Hl7v2Segment[]): DoorTraits => ({
  treatmentFunctions: valuesAt(segments, places.treatmentFunctions),
  locations: valuesAt(segments, places.locations),
  documentTypes: valuesAt(segments, places.documentTypes),
  names: valuesAt(segments, places.names)
})

const valuesAt = (segments: readonly Hl7v2Segment[], wanted: readonly Place[]): readonly string[] =>
  wanted.flatMap(([name, field, components]) =>
    segments
      .filter((segment) => segment.name === name)
      .flatMap((segment) => hl7v2Field(segment, field))
      .flatMap((value) => components.flatMap((component) => readings(value, component)))
  )

/** A component whose subcomponents may be meant, or be a sign that somebody forgot to escape. */
const readings = (value: Hl7v2Repetition, component: number): readonly string[] =>
  [1, 0].flatMap((subcomponent) => hl7v2Part(value, component, subcomponent) ?? [])
