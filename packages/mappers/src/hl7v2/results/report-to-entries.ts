import type { ContributionEntry, QuarantinedItem } from '@chesil/contracts'
import type { MessageContext } from '../../message-context.ts'
import { newReading } from '../elements/reading.ts'
import type { Message } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
import { encounterOf } from './encounter.ts'
import { erasing, type ItemName, toEventEntry } from './item-entry.ts'
import { joinBodies } from './join-bodies.ts'
import type { NamedResult, ResultBody } from './named-result.ts'
import type { Names } from './names.ts'
import { toOrder } from './order.ts'
import type { OrderGroup } from './order-groups.ts'
import { orderNumberOf } from './order-name.ts'
import { toReportEntry } from './report.ts'
import { type ResultItem, resultItemsOf, serviceOf } from './result-items.ts'
import { resultToBody, withdrawalOf } from './result-to-body.ts'
import { toSpecimenEntries } from './specimen.ts'
import { isReportOfWrongPatient, isReportWithdrawn, isWithdrawn } from './status.ts'

/** What does not change from order to order of one message. */
export interface Surroundings {
  readonly message: Message
  readonly patient: { readonly reference: string }
  /** See `personKey`. */
  readonly person: string
  readonly context: MessageContext
  readonly names: Names
}

/** One order of a message: its report, results, files and specimens. */
export function reportToEntries(group: OrderGroup, around: Surroundings): MessageBody {
  const { names } = around
  const number = orderNumberOf(group, around.person)
  const report = `report/${number}/${serviceOf(group.request?.segment)}`
  const name: ItemName = { key: names(report), sections: ['investigations'], part: report }
  const results = nameResults(group, { number, part: report, names })
  return isReportWithdrawn(group.request?.segment)
    ? withdrawReport(group, name, { results, around })
    : keepReport(group, name, { results, around, number })
}

/** Where a message takes a result back and has another of that name, the other is the one that goes by it. */
function nameResults(
  group: OrderGroup,
  { number, part, names }: { readonly number: string; readonly part: string; readonly names: Names }
): NamedResult[] {
  const items = resultItemsOf(group)
  const isGone = ({ lines }: ResultItem) => lines.every(({ segment }) => isWithdrawn(segment))
  const keys = new Map<ResultItem, string>()
  for (const item of [...items.filter((one) => !isGone(one)), ...items.filter(isGone)])
    keys.set(item, names(`${item.isFile ? 'document' : 'result'}/${number}/${item.key}`))
  return items.map((item) => ({ item, key: keys.get(item) ?? '', part }))
}

interface Content {
  readonly results: readonly NamedResult[]
  readonly around: Surroundings
}

function withdrawReport(group: OrderGroup, name: ItemName, { results, around }: Content): MessageBody {
  const isWrong = isReportOfWrongPatient(group.request?.segment)
  const { patient, message, context } = around
  const reading = newReading(message, context)
  const bodies = results.map((result) => withdrawalOf(result, { isWrongReport: isWrong, patient, reading }))
  if (!group.request || name.part === undefined) return joinBodies(bodies)
  const body = {
    resourceType: 'DiagnosticReport' as const,
    status: 'entered-in-error' as const,
    code: { text: 'Withdrawn' },
    subject: patient
  }
  const entry = toEventEntry({ kind: 'report', set: {}, deletes: true }, { body, name, reading })
  const alert: QuarantinedItem = {
    reason: 'wrong-patient',
    resourceType: 'DiagnosticReport',
    sourceResourceId: name.key,
    sections: name.sections,
    expression: 'OBR-25'
  }
  return joinBodies([
    {
      entries: [isWrong ? erasing(entry) : entry],
      quarantined: isWrong ? [alert] : [],
      documents: [],
      wholeParts: [name.part]
    },
    ...bodies
  ])
}

function keepReport(
  group: OrderGroup,
  name: ItemName,
  { results, around, number }: Content & { readonly number: string }
): MessageBody {
  const { message, patient, context } = around
  const reading = newReading(message, context)
  const specimenEntries = toSpecimenEntries(group, {
    patient,
    orderNumber: number,
    newReading: () => newReading(message, context)
  })
  const specimens = specimenEntries.map(({ resource }) => ({ reference: `Specimen/${resource?.id}` }))
  const encounter = encounterOf(message, context)
  const order = toOrder(group, { patient, encounter, specimens }, reading)
  const bodies = results.map((result) => resultToBody(result, order, newReading(message, context)))
  const entries = [...specimenEntries]
  if (group.request) entries.unshift(reportOf(group, { name, order, specimens, bodies, reading }))
  return joinBodies([{ entries, quarantined: [], documents: [] }, ...bodies])
}

function reportOf(
  { request }: OrderGroup,
  made: Pick<Parameters<typeof toReportEntry>[0], 'order' | 'specimens'> & {
    readonly name: ItemName
    readonly bodies: readonly ResultBody[]
    readonly reading: ReturnType<typeof newReading>
  }
): ContributionEntry {
  const { name, order, specimens, bodies, reading } = made
  return toReportEntry(
    {
      order,
      specimens,
      notes: request?.notes ?? [],
      results: bodies.flatMap(({ result }) => (result ? [result] : [])),
      files: new Map(bodies.flatMap(({ file }) => (file ? [file] : []))),
      withdrawn: {
        results: bodies.flatMap(({ withdrawnResult }) => withdrawnResult ?? []),
        files: bodies.flatMap(({ withdrawnFile }) => withdrawnFile ?? [])
      }
    },
    name,
    reading
  )
}
