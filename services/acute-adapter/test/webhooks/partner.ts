import { createHash, randomUUID } from 'node:crypto'
import { heldTypes } from '@chesil/care-record'
import type { FhirSender, SourceCatalogue, VersionGap, WebhookForm, WebhookIssue } from '@chesil/contracts'
import { chesil, type OdsCode } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { createBatches } from '@chesil/message-intake'
import {
  acceptWebhooks,
  type Database,
  findWaitingRows,
  personIdOf,
  registerPartner,
  systemIds,
  takeMessages
} from '@chesil/record-store'
import { createMetrics } from '@chesil/service-kit'
import { apply, silent } from '../../../../tests/support/contributions.ts'
import { createIntake } from '../../src/intake/intake.ts'
import { createSenders } from '../../src/intake/senders.ts'
import { mapJob } from '../../src/map/map-job.ts'
import type { Sender } from '../../src/message-context.ts'
import { createPartnerDoor } from '../../src/webhooks/door.ts'

export const pushing = (changes: Partial<FhirSender> = {}): FhirSender => ({
  id: 'rxx-fhir',
  odsCode: 'RXX',
  name: 'A trust',
  kind: 'fhir-sender',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  ...changes
})

/** What is known of an event that was sent. */
export interface Event {
  readonly state: string
  readonly reason: string | null
  readonly issues: readonly WebhookIssue[]
  readonly gaps: readonly VersionGap[]
  readonly denied: number
  readonly body: Buffer | null
  /** Of the inbox. */
  readonly messages: readonly string[]
}

/** A partner, the adapter's door over a real database, and the way from there to the record. */
export function openPartner(db: () => Database, sources: readonly Sender[] = [pushing()]) {
  const partnerId = `p-${randomUUID().slice(0, 8)}`
  const catalogue: SourceCatalogue = { sources: [...sources], readingOrganisations: [] }
  const outcomes: string[] = []
  const state = { isAway: false }
  const counting = {
    onOutcome: (source: string, outcome: string) => void outcomes.push(`${source} ${outcome}`),
    onFlag: () => {},
    onDenied: (source: string, count: number) => void outcomes.push(`${source} denied ${count}`)
  }
  const batches = createBatches({
    take: (messages) =>
      state.isAway
        ? Promise.reject(new Error('connect ECONNREFUSED'))
        : db().transaction((sql) => takeMessages(sql, messages)),
    onError: () => {}
  })
  const stamps = { take: batches.take, newId: systemIds.newId, now: Date.now }
  const openDoor = () =>
    createPartnerDoor({
      ...{ catalogue, database: db(), ...stamps, ...counting, log: silent, leaseMs: 30_000 },
      intake: createIntake({ findSender: createSenders(catalogue), ...stamps, ...counting }),
      metrics: createMetrics(`test-${partnerId}`)
    })
  const mapDeps = () => ({
    database: db(),
    senders: new Map(sources.map((source) => [source.id, source])),
    settleAnswer: async () => 'refused' as const,
    validator,
    ids: systemIds,
    leaseMs: 30_000,
    onOutcome: () => {},
    onInvalid: () => {}
  })

  const partner = {
    id: partnerId,
    name: 'A partner',
    odsCode: (sources[0]?.odsCode ?? 'RXX') as OdsCode,
    clientId: null
  }
  let registered: Promise<unknown> | undefined
  const register = (sourceIds: readonly string[]) =>
    (registered ??= registerPartner(db(), { ...partner, sourceIds }, 'test'))

  async function post(
    body: unknown,
    {
      form = 'fhir',
      contentType = 'application/fhir+json',
      eventId = randomUUID() as string,
      sourceIds
    }: Sending = {}
  ): Promise<string> {
    await register(sourceIds ?? sources.map(({ id }) => id))
    const bytes = Buffer.isBuffer(body)
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const bodyHash = createHash('sha256').update(bytes).digest('base64url')
    const [accepted] = await db().transaction((sql) =>
      acceptWebhooks(sql, [
        { id: randomUUID(), partnerId, eventId, form, contentType, body: bytes, bodyHash }
      ])
    )
    if (!accepted) throw new Error('The event was not accepted')
    return accepted.id
  }

  async function find(id: string): Promise<Event> {
    const [event] = await db().query<Omit<Event, 'messages'>>(
      'select state, reason, issues, gaps, denied_items as denied, body from webhook_event where id = $1',
      [id]
    )
    const messages = await db().query<{ id: string }>(
      'select inbox_message_id as id from webhook_message where webhook_event_id = $1',
      [id]
    )
    return { ...(event as Omit<Event, 'messages'>), messages: messages.map((row) => row.id) }
  }

  /** Opens the door until nothing waits there; what failed waits for its next attempt. */
  async function takeIn(): Promise<void> {
    const door = openDoor()
    const isWaiting = async () => {
      const [waiting] = await db().query(
        `select from webhook_event where partner_id = $1 and state = 'accepted' and lease_until is null limit 1`,
        [partnerId]
      )
      return waiting !== undefined
    }
    while (await isWaiting()) {
      door.wake()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await door.close()
  }

  /** Maps and applies all that waits, in so many hands. */
  async function settle(workers = 1): Promise<void> {
    const places = [{ partition: undefined, free: 200 }] as never
    const rows = (kind: 'acute-message' | 'contribution') =>
      findWaitingRows(db(), kind, { minAgeMs: 0, places })
    for (;;) {
      const messages = await rows('acute-message')
      const contributions = await rows('contribution')
      if (messages.length + contributions.length === 0) return
      const jobs = [
        ...messages.map(
          ({ rowId }) =>
            () =>
              mapJob(rowId, mapDeps(), silent)
        ),
        ...contributions.map(
          ({ rowId }) =>
            () =>
              apply(db(), rowId)
        )
      ]
      const hands = Array.from({ length: workers }, async () => {
        for (let job = jobs.shift(); job; job = jobs.shift()) await job()
      })
      await Promise.all(hands)
    }
  }

  return {
    partnerId,
    outcomes,
    state,
    post,
    find,
    takeIn,
    settle,
    map: (messageId: string) => mapJob(messageId, mapDeps(), silent),
    /** @returns what became of it at the door. */
    async send(body: unknown, sending: Sending = {}): Promise<Event> {
      const id = await post(body, sending)
      await takeIn()
      return await find(id)
    }
  }
}

export interface Sending {
  readonly form?: WebhookForm
  readonly contentType?: string
  readonly eventId?: string
  readonly sourceIds?: readonly string[]
}

const validator = createValidator({ prepare: heldTypes })

/** Chesil's id of the person whom a source calls so. */
export const personOf = (id: string, sourceId = 'rxx-fhir'): string =>
  personIdOf({ system: chesil.localId('RXX', `${sourceId}/Patient`), value: id })
