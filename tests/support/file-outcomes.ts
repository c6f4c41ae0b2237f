import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { MessagePart } from '@chesil/contracts'
import type { Bundle, Resource } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { resourceIdOf } from '@chesil/record-store'
import { expect } from 'vitest'
import type { OpenStack } from './open-stack.ts'

const validator = createValidator({ prepare: [] })

/** How many messages have come. */
export async function newest(stack: OpenStack): Promise<number> {
  const [row] = await stack.database.query<{ count: number }>('select count(*) as count from inbox_message')
  return row?.count ?? 0
}

interface Row {
  readonly id: string
  readonly state: string
  readonly reason: string | null
}

interface PartRow extends Row {
  readonly sourceId: string
  readonly patientId: string
  readonly body: Buffer
}

/** What became of a message, once it is applied. */
export interface SettledMessage {
  /** For each person it is about. */
  readonly parts: readonly {
    readonly sourceId: string
    readonly patientId: string
    /** What it tells of, as a clinician sees it now: in the order in which it is told. */
    readonly resources: readonly Resource[]
  }[]
  /** `kept out: {reason}`, and how often. */
  readonly keptOut: Readonly<Record<string, number>>
}

/** Waits until the next message of the inbox is mapped and applied. */
export async function outcomeOf(stack: OpenStack, before: number): Promise<unknown> {
  const { id } = await until(async () => {
    const [row] = await stack.database.query<Pick<Row, 'id'>>(
      'select id from inbox_message order by received_at, id offset $1 limit 1',
      [before]
    )
    return row
  })
  const settled = await settledOf(stack, id)
  if (typeof settled === 'string') return settled
  const shown = new Map<string, number>()
  for (const { resourceType } of settled.parts.flatMap(({ resources }) => resources))
    shown.set(resourceType, (shown.get(resourceType) ?? 0) + 1)
  return { ...Object.fromEntries([...shown].sort()), ...settled.keptOut }
}

/** Waits until a message is mapped and applied. @returns else why it was refused. */
export async function settledOf(stack: OpenStack, messageId: string): Promise<SettledMessage | string> {
  const message = await until(async () => {
    const [row] = await stack.database.query<Row>(
      'select id, state, reason from inbox_message where id = $1',
      [messageId]
    )
    return row && row.state !== 'received' ? row : undefined
  })
  if (message.state !== 'mapped') return `${message.state}: ${message.reason}`
  const rows = await until(async () => {
    const found = await stack.database.query<PartRow>(
      `select id, state, reason, source_id as "sourceId", patient_id as "patientId", body from contribution
        where inbox_message_id = $1 order by part`,
      [messageId]
    )
    return found.length > 0 && found.every(({ state }) => state !== 'ready') ? found : undefined
  })
  const parts: SettledMessage['parts'][number][] = []
  for (const row of rows)
    parts.push({
      sourceId: row.sourceId,
      patientId: row.patientId,
      resources: await shownOf(stack, row)
    })
  const kept = await stack.database.query<{ reason: string; count: number }>(
    'select reason, count(*) as count from quarantine where inbox_message_id = $1 group by 1 order by 1',
    [messageId]
  )
  const keptOut = Object.fromEntries(kept.map(({ reason, count }) => [`kept out: ${reason}`, count]))
  return { parts, keptOut }
}

/** As a clinician sees it; each resource is valid. */
async function shownOf(
  stack: OpenStack,
  { sourceId, patientId, body }: PartRow
): Promise<readonly Resource[]> {
  const part = JSON.parse(gunzipSync(body).toString('utf8')) as MessagePart
  const named = part.contribution.entries.map(
    ({ resourceType, sourceResourceId }) =>
      `${resourceType}/${resourceIdOf(sourceId, resourceType, sourceResourceId)}`
  )
  const answer = await stack.ask<Bundle>(`Patient/${patientId}/$everything`)
  expect(answer.status, answer.text.slice(0, 300)).toBe(200)
  const resources = (answer.body.entry ?? []).flatMap(({ resource }) => (resource ? [resource] : []))
  const files = named.filter((key) => key.startsWith('Binary/')).map((key) => readFile(stack, key))
  const byName = new Map(
    [...resources, ...(await Promise.all(files)).flat()].map((resource) => [
      `${resource.resourceType}/${resource.id}`,
      resource
    ])
  )
  const shown = named.flatMap((key) => byName.get(key) ?? [])
  for (const resource of shown)
    expect(validator.validate(resource), `${resource.resourceType}/${resource.id}`).toEqual([])
  return shown
}

async function readFile(stack: OpenStack, key: string): Promise<Resource[]> {
  const { status, body } = await stack.ask<Resource>(key, { headers: { accept: 'application/fhir+json' } })
  return status === 200 ? [body] : []
}

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(20)
  }
  throw new Error(`Not settled after 10 s`)
}
