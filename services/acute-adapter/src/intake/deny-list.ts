import { createHash } from 'node:crypto'
import type { Hl7v2Sender } from '@chesil/contracts'
import type { Header } from '../hl7v2/header.ts'
import { type DoorSegment, findSegments } from '../hl7v2/segments.ts'
import defaults from './default-treatment-functions.json' with { type: 'json' }

/** What of a message decides whether its source shares it. */
export interface DoorFindings {
  readonly isDenied: boolean
  /** Of the stay it belongs to (PV1-19), with the source: the number itself is not kept. */
  readonly visitHash?: string
  /** Of further stays that it tells of, such as an exchange of beds. */
  readonly otherVisitHashes?: readonly string[]
}

type Place = readonly [segment: string, field: number, components: readonly number[]]

const treatmentFunctionPlaces: readonly Place[] = [['PV1', 10, [1]]]
/** Where the person is, was, or is awaited: point of care, facility, description. */
const locationPlaces: readonly Place[] = [
  ['PV1', 3, [1, 4, 9]],
  ['PV1', 6, [1, 4, 9]],
  ['PV1', 11, [1, 4, 9]],
  ['PV1', 42, [1, 4, 9]],
  ['PV1', 43, [1, 4, 9]],
  ['PV2', 1, [1, 4, 9]],
  ['AIL', 3, [1, 4, 9]]
]
/** A code, and the same in another system. */
const documentTypePlaces: readonly Place[] = [
  ['TXA', 2, [1, 4]],
  ['OBR', 4, [1, 4]],
  ['OBX', 3, [1, 4]]
]
const visitPlace: Place = ['PV1', 19, [1]]
const looked = new Set(
  [visitPlace, ...treatmentFunctionPlaces, ...locationPlaces, ...documentTypePlaces].map(([name]) => name)
)

/** Looks at a message for what its source does not share, see `refuse` in the catalogue. */
export function createDoorCheck(source: Hl7v2Sender): (text: string, header: Header) => DoorFindings {
  const lists: readonly (readonly [readonly Place[], ReadonlySet<string>])[] = [
    [treatmentFunctionPlaces, toSet(source.refuse?.treatmentFunctions ?? Object.keys(defaults.codes))],
    [locationPlaces, toSet(source.refuse?.locations)],
    [documentTypePlaces, toSet(source.refuse?.documentTypes)]
  ]
  return (text, header) => {
    const segments = findSegments(text, looked, header.delimiters)
    const isDeniedIn = (some: readonly DoorSegment[]) =>
      lists.some(
        ([places, denied]) =>
          denied.size > 0 && places.some((place) => valuesAt(some, place).some((value) => denied.has(value)))
      )
    // Of several stays, the one that is not shared is the one that is refused.
    const stays = segments.filter(({ name }) => name === visitPlace[0])
    const ordered = [...stays].sort((a, b) => Number(isDeniedIn([b])) - Number(isDeniedIn([a])))
    const [visitHash, ...others] = new Set(
      valuesAt(ordered, visitPlace).map((visit) => hash(`${source.id}\n${visit}`))
    )
    return {
      isDenied: isDeniedIn(segments),
      ...(visitHash !== undefined && { visitHash }),
      ...(others.length > 0 && { otherVisitHashes: others })
    }
  }
}

const toSet = (values: readonly string[] = []): ReadonlySet<string> =>
  new Set(values.map((value) => value.trim().toLowerCase()))

const valuesAt = (segments: readonly DoorSegment[], [name, field, components]: Place): readonly string[] =>
  segments
    .filter((segment) => segment.name === name)
    .flatMap((segment) => segment.values(field))
    .flatMap((value) => components.map((component) => value[component - 1] ?? ''))
    .filter((value) => value !== '' && value !== '""')
    .map((value) => value.toLowerCase())

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
