import { defined, type Reference, type ServiceRequest } from '@chesil/fhir'
import { happenedAt } from '../adt/group.ts'
import { newReading } from '../elements/reading.ts'
import { text } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
import { toChanges } from '../results/changes.ts'
import { encounterOf } from '../results/encounter.ts'
import { type Body, type ItemName, toEventEntry } from '../results/item-entry.ts'
import { joinBodies } from '../results/join-bodies.ts'
import { toOrder } from '../results/order.ts'
import type { OrderGroup } from '../results/order-groups.ts'
import { numberOf, orderNumberOf } from '../results/order-name.ts'
import type { Surroundings } from '../results/report-to-entries.ts'
import { resultItemsOf } from '../results/result-items.ts'
import { resultToBody } from '../results/result-to-body.ts'
import { toSpecimenEntries } from '../results/specimen.ts'
import { orderElements } from './order-request.ts'

/**
 * One order: its ServiceRequest, and what was sent with it (specimens, answers to the laboratory's questions, forms).
 *
 * It is known by the requester's number (ORC-2, OBR-2): a new order has no other. The laboratory's (ORC-3, OBR-3) is
 * the name of one that came without.
 */
export function orderToBody(group: OrderGroup, around: Surroundings): MessageBody {
  const { message, context, patient, names } = around
  const number = numberOfRequest(group, around.person)
  const name: ItemName = { key: names(`request/${number}`), sections: ['investigations'] }
  const reading = newReading(message, context)
  const encounter = encounterOf(message, context)
  const specimenEntries = toSpecimenEntries(group, {
    patient,
    orderNumber: number,
    newReading: () => newReading(message, context)
  })
  const specimens = specimenEntries.map(({ resource }) => ({ reference: `Specimen/${resource?.id}` }))
  const order = toOrder(group, { patient, encounter, specimens }, newReading(message, context))
  const sentAlong = resultItemsOf(group).map((item) => {
    const key = names(`request-${item.isFile ? 'document' : 'result'}/${number}/${item.key}`)
    return resultToBody(
      { item, key, part: undefined },
      { ...order, basedOn: undefined },
      newReading(message, context)
    )
  })
  const said = toChanges([
    ...orderElements(group, reading),
    ['encounter', encounter],
    ['specimen', specimens.length > 0 ? specimens : undefined],
    ['supportingInfo', referencesTo(sentAlong)]
  ])
  const body: Body<ServiceRequest> = {
    resourceType: 'ServiceRequest',
    status: 'unknown',
    intent: 'order',
    subject: patient
  }
  const kind = text(group.control, 1)?.toUpperCase() ?? 'NW'
  const event = defined({ kind, at: happenedAt(message), ...said })
  return joinBodies([
    {
      entries: [toEventEntry(event, { body, name, reading }), ...specimenEntries],
      quarantined: [],
      documents: []
    },
    ...sentAlong
  ])
}

function numberOfRequest(group: OrderGroup, person: string): string {
  const { control, request } = group
  return numberOf(control, 2) ?? numberOf(request?.segment, 2) ?? orderNumberOf(group, person)
}

function referencesTo(bodies: readonly MessageBody[]): Reference[] | undefined {
  const found = bodies.flatMap(({ entries }) =>
    entries.flatMap(({ resourceType, resource, event }) => {
      const id = event?.deletes ? undefined : (resource ?? event?.base)?.id
      return id === undefined || resourceType === 'Binary' ? [] : [{ reference: `${resourceType}/${id}` }]
    })
  )
  return found.length > 0 ? found : undefined
}
