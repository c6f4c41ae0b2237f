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

/** Waits until the next message of the inbox is mapped and applied. */
export async function outcomeOf(stack: OpenStack, before: number): Promise<unknown> {
  const message = await until(async () => {
    const [row] = await stack.database.query<Row>(
      `select id, state, reason from inbox_message order by received_at, id offset $1`,
      [before]
    )
    return row && row.state !== 'received' ? row : undefined
  })
  if (message.state !== 'mapped') return `${message.state}: ${message.reason}`
  const parts = await until(async () => {
    const rows = await stack.database.query<Row & { sourceId: string; patientId: string; body: Buffer }>(
      `select id, state, reason, source_id as "sourceId", patient_id as "patientId", body from contribution
        where inbox_message_id = $1 order by part`,
      [message.id]
    )
    return rows.length > 0 && rows.every(({ state }) => state !== 'ready') ? rows : undefined
  })
  const shown = new Map<string, number>()
  for (const { sourceId, patientId, body } of parts) {
    const part = JSON.parse(gunzipSync(body).toString('utf8')) as MessagePart
    const named = part.contribution.entries.map(
      ({ resourceType, sourceResourceId }) =>
        `${resourceType}/${resourceIdOf(sourceId, resourceType, sourceResourceId)}`
    )
    for (const [type, count] of await countShown(stack, patientId, named))
      shown.set(type, (shown.get(type) ?? 0) + count)
  }
  const kept = await stack.database.query<{ reason: string; count: number }>(
    'select reason, count(*) as count from quarantine where inbox_message_id = $1 group by 1 order by 1',
    [message.id]
  )
  return {
    ...Object.fromEntries([...shown].sort()),
    ...Object.fromEntries(kept.map(({ reason, count }) => [`kept out: ${reason}`, count]))
  }
}

/** As a clinician sees it; each resource is valid. */
async function countShown(
  stack: OpenStack,
  patientId: string,
  named: readonly string[]
): Promise<ReadonlyMap<string, number>> {
  const { body, status, text } = await stack.ask<Bundle>(`Patient/${patientId}/$everything`)
  expect(status, text.slice(0, 300)).toBe(200)
  const counts = new Map<string, number>()
  const resources = (body.entry ?? []).flatMap(({ resource }) => (resource ? [resource] : []))
  const files = named.filter((key) => key.startsWith('Binary/')).map((key) => readFile(stack, key))
  for (const resource of [...resources, ...(await Promise.all(files)).flat()]) {
    if (!named.includes(`${resource.resourceType}/${resource.id}`)) continue
    expect(validator.validate(resource), `${resource.resourceType}/${resource.id}`).toEqual([])
    counts.set(resource.resourceType, (counts.get(resource.resourceType) ?? 0) + 1)
  }
  return counts
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
