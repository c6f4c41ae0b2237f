import { readNumberedEvents, type Subscription } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import type { SubscriptionRoutesDeps } from './deps.ts'
import type { ToldEvent } from './notification.ts'

export interface Range {
  /** Both are in it. */
  readonly since: number
  readonly until: number
}

/** So many events in one answer. */
export const mostReplayed = 50
/** Events that are looked at side by side: each asks the database several times. */
const atOnce = 5

/**
 * Events that have a number, each judged anew by what holds now: of what may not be told any more, or not before PDS has
 * been asked, there is the number alone. Audited before anything is returned.
 *
 * @throws OutcomeError `unavailable` where it cannot be audited.
 */
export async function replay(
  request: FastifyRequest,
  subscription: Subscription,
  { since, until }: Range,
  deps: Pick<SubscriptionRoutesDeps, 'database' | 'authorise' | 'audit'>
): Promise<readonly ToldEvent[]> {
  const { database, authorise, audit } = deps
  const { id: subscriptionId, topic } = subscription
  const numbered = await readNumberedEvents(database, subscriptionId, { since, until, limit: mostReplayed })
  const told: ToldEvent[] = []
  for (let from = 0; from < numbered.length; from += atOnce) {
    const some = numbered.slice(from, from + atOnce).map(async ({ number, occurredAt, change }) => {
      if (!change) return { number, occurredAt }
      const verdict = await authorise({ subscriptionId, topic, ...change })
      if (verdict.outcome !== 'told') return { number }
      const { patientId, items } = verdict
      return { number, occurredAt, about: { patientId, version: change.version, items } }
    })
    told.push(...(await Promise.all(some)))
  }
  await Promise.all(personsOf(told).map((person) => audit.told(request, person)))
  return told
}

function personsOf(events: readonly ToldEvent[]) {
  const persons = Map.groupBy(
    events.flatMap(({ about }) => about ?? []),
    ({ patientId }) => patientId
  )
  return [...persons].map(([patientId, about]) => ({
    patientId,
    version: Math.max(...about.map(({ version }) => version)),
    count: about.length
  }))
}
