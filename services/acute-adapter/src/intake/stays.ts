import {
  findHl7v2PriorVisit,
  findHl7v2Subject,
  findHl7v2Trigger,
  findHl7v2Visit,
  type Hl7v2Message,
  type Hl7v2Segment,
  type Hl7v2Trigger,
  hl7v2Field,
  hl7v2HappenedAt,
  hl7v2Part,
  type MessageContext
} from '@chesil/mappers'
import { visitHashOf } from '@chesil/record-store'

/** A stay that a message tells of. */
export interface ToldStay {
  /** What the mapper calls it, and what it was called before. */
  readonly names: readonly string[]
  /** PV1 */
  readonly visit?: Hl7v2Segment
  /** The message says that it has another number now. */
  readonly isRenumbered: boolean
}

/** What is kept of a stay's name: of a visit number the hash of that alone, as `visitHashOf` has it. */
export const stayHashOf = (sourceId: string, name: string): string =>
  visitHashOf(sourceId, name.replace(/^visit\//, ''))

/**
 * The stays of a message, named as they are when they land. Each PV1 counts, though of a person the mapper reads the
 * first alone.
 */
export function staysIn(message: Hl7v2Message, context: MessageContext): readonly ToldStay[] {
  const trigger = triggerOf(message)
  const nameOf = createNaming(message, trigger, context)
  const isRenumbered = trigger.says === 'renumber-visit' || trigger.says === 'move-visit'
  return personsIn(message.segments).flatMap(({ person, visits, merges }) =>
    Array.from({ length: Math.max(visits.length, isRenumbered ? merges.length : 0) }, (_, at) => {
      const visit = visits[at]
      const merge = merges[at] ?? merges[0]
      const prior = isRenumbered && merge ? findHl7v2PriorVisit([merge]) : undefined
      const named = visit ? nameOf(person, visit) : undefined
      return {
        names: [named, ...furtherNumbers(visit), prior].filter((name) => name !== undefined),
        isRenumbered: prior !== undefined && named !== undefined && prior !== named,
        ...(visit && { visit })
      }
    })
  )
}

/** PV1-19 holds one number; a source that gives several means this stay by each. */
const furtherNumbers = (visit: Hl7v2Segment | undefined): readonly string[] =>
  visit
    ? hl7v2Field(visit, 19)
        .slice(1)
        .flatMap((value) => hl7v2Part(value) ?? [])
    : []

/** Only ADT has triggers that say what PV1 means; the stay of another message is known by its number all the same. */
const triggerOf = ({ type, trigger }: Hl7v2Message): Hl7v2Trigger =>
  (type === 'ADT' ? findHl7v2Trigger(trigger) : undefined) ?? { kind: '' }

function createNaming(message: Hl7v2Message, trigger: Hl7v2Trigger, context: MessageContext) {
  const at = hl7v2HappenedAt(message)
  const nobody = { local: { system: '', value: '' } }
  return (person: Hl7v2Segment | undefined, visit: Hl7v2Segment): string | undefined => {
    const segments = person ? [person, visit] : [visit]
    const subject = findHl7v2Subject(segments, context) ?? nobody
    return findHl7v2Visit({
      message,
      trigger,
      context,
      subject,
      segments,
      ...(at !== undefined && { at })
    })
  }
}

interface Person {
  /** PID */
  readonly person?: Hl7v2Segment
  readonly visits: readonly Hl7v2Segment[]
  readonly merges: readonly Hl7v2Segment[]
}

/** What stands before the first person is theirs, too. */
function personsIn(segments: readonly Hl7v2Segment[]): readonly Person[] {
  const first = segments.findIndex(({ name }) => name === 'PID')
  const begins = segments.flatMap(({ name }, at) => (name === 'PID' && at !== first ? [at] : []))
  return [0, ...begins].map((begin, at) => {
    const own = segments.slice(begin, begins[at])
    const person = own.find(({ name }) => name === 'PID')
    return {
      ...(person && { person }),
      visits: own.filter(({ name }) => name === 'PV1'),
      merges: own.filter(({ name }) => name === 'MRG')
    }
  })
}
