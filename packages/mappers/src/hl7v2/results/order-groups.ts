import type { Message, Segment } from '../message.ts'

/** A segment and the remarks (NTE) that stand after it. */
export interface Annotated {
  readonly segment: Segment
  readonly notes: readonly Segment[]
}

/** What a message says of one order: one OBR and all that belongs to it. */
export interface OrderGroup {
  /** ORC */
  readonly control?: Segment
  /** OBR with its notes; absent where results stand in no order. */
  readonly request?: Annotated
  /** TQ1 */
  readonly timing?: Segment
  /** OBX */
  readonly results: readonly Annotated[]
  /** SPM */
  readonly specimens: readonly Annotated[]
}

interface Growing {
  control?: Segment
  request?: { segment: Segment; notes: Segment[] }
  timing?: Segment
  results: { segment: Segment; notes: Segment[] }[]
  specimens: { segment: Segment; notes: Segment[] }[]
}

/**
 * In ORU, OML and ORM an order begins with ORC or OBR, and its specimens come last; in OUL a specimen comes first,
 * its orders after it, and ORC stands behind OBR.
 */
export function orderGroupsOf({ type, segments }: Pick<Message, 'type' | 'segments'>): readonly OrderGroup[] {
  const reader = type === 'OUL' ? specimenFirst() : orderFirst()
  for (const segment of segments) reader.read(segment)
  return reader.groups.filter(isUsed)
}

const isUsed = ({ control, request, results, specimens }: Growing): boolean =>
  control !== undefined || request !== undefined || results.length > 0 || specimens.length > 0

const begin = (): Growing => ({ results: [], specimens: [] })

interface Reader {
  readonly groups: Growing[]
  readonly read: (segment: Segment) => void
}

function orderFirst(): Reader {
  const groups: Growing[] = [begin()]
  let noted: Segment[] | undefined
  const early: Early = { notes: [] }
  const current = () => groups.at(-1) as Growing
  const next = (): Growing => {
    groups.push(begin())
    return current()
  }
  const read = (segment: Segment) => {
    if (segment.name === 'NTE') return void noted?.push(segment)
    if (segment.name === 'ORC') next().control = segment
    if (segment.name === 'OBR') {
      const group = current().request || !current().control ? next() : current()
      group.request = requested(segment, early)
    }
    noted = join(current(), segment, early) ?? noted
  }
  return { groups, read }
}

function specimenFirst(): Reader {
  const groups: Growing[] = [begin()]
  let specimens: Growing['specimens'] = []
  let noted: Segment[] | undefined
  const early: Early = { notes: [] }
  const read = (segment: Segment) => {
    if (segment.name === 'NTE') return void noted?.push(segment)
    if (segment.name === 'SPM') specimens = []
    if (segment.name === 'SPM' || segment.name === 'OBR') groups.push({ ...begin(), specimens })
    const current = groups.at(-1) as Growing
    if (segment.name === 'ORC') current.control = segment
    if (segment.name === 'OBR') current.request = requested(segment, early)
    noted = join(current, segment, early) ?? noted
  }
  return { groups, read }
}

/** Remarks before an order, about the person or what is done with it: they are the order's that comes next. */
interface Early {
  notes: Segment[]
}

function requested(segment: Segment, early: Early): NonNullable<Growing['request']> {
  const { notes } = early
  early.notes = []
  return { segment, notes }
}

/** @returns where remarks that follow are kept; `undefined` for a segment that remarks are not about. */
function join(group: Growing, segment: Segment, early: Early): Segment[] | undefined {
  const annotated = { segment, notes: [] as Segment[] }
  switch (segment.name) {
    case 'OBR':
    case 'ORC':
      return group.request?.notes ?? early.notes
    case 'TQ1':
      group.timing = segment
      return undefined
    case 'OBX':
      group.results.push(annotated)
      return annotated.notes
    case 'SPM':
      group.specimens.push(annotated)
      return annotated.notes
    case 'PID':
    case 'PV1':
      return early.notes
    default:
      return undefined
  }
}
