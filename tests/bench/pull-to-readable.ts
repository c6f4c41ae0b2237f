import { requestPulls, systemIds } from '@chesil/record-store'
import { type OpenStack, openStack, type StackOptions, type StackServers } from '../support/open-stack.ts'

export interface PullBench {
  /** So many people are pulled at once. */
  readonly people: number
  /** Entries of each record. */
  readonly entries: number
}

/**
 * Resources a second from pull to readable: everybody's practice is asked at once, and the clock stops when
 * the last record can be read. Everything takes part: the sandbox that answers, PostgreSQL, Redis and the
 * services, on the same cores. PDS was asked before.
 */
export async function benchPullToReadable(
  servers: StackServers,
  { people, entries }: PullBench,
  env: StackOptions['env'] = {}
) {
  const stack = await openStack(servers, {
    env: {
      ...env,
      sandbox: { SANDBOX_PEOPLE: String(people), SANDBOX_PRACTICES: '12', RECORD_SIZES: String(entries) }
    },
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, timeoutMs: 60_000, concurrency: 2 }))
    })
  })
  try {
    const all = await trace(stack, people)
    const [warmUp, ids] = [all.slice(0, 30), all.slice(30)]
    await pull(stack, warmUp)
    const startedAt = performance.now()
    await pull(stack, ids)
    const seconds = (performance.now() - startedAt) / 1000
    const [row] = await stack.database.query<{ count: number }>(
      `select count(*) from view_entry where patient_id = any ($1::uuid[]) and source_id <> 'pds' and to_version is null`,
      [ids.map(({ id }) => id)]
    )
    const resources = row?.count ?? 0
    return { people: ids.length, resources, seconds, perSecond: resources / seconds }
  } finally {
    await stack.stop()
  }
}

export interface Traced {
  readonly id: string
  readonly sourceId: string
}

/** A search by name makes people known and asks no practice. */
export async function trace(stack: OpenStack, count: number): Promise<readonly Traced[]> {
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary').slice(0, count)
  const found: Traced[] = []
  const waiting = people.values()
  const search = async () => {
    for (const { nhsNumber, practice, family, birthDate } of waiting) {
      await stack.ask(`Patient?family=${encodeURIComponent(family)}&birthdate=${birthDate}`)
      const [row] = await stack.database.query<{ id: string }>(
        'select patient_id as id from patient_identifier where value = $1',
        [nhsNumber]
      )
      if (row) found.push({ id: row.id, sourceId: `gp-${practice.toLowerCase()}` })
    }
  }
  await Promise.all([search(), search(), search(), search()])
  return found
}

export async function pull(stack: OpenStack, people: readonly Traced[]): Promise<void> {
  await stack.database.transaction((sql) =>
    requestPulls(
      sql,
      people.map(({ id, sourceId }) => ({
        id: systemIds.newId(),
        patientId: id,
        sourceId,
        authority: 'system',
        reader: { userId: 'bench', organisation: 'R9Z' }
      }))
    )
  )
  for (;;) {
    const [row] = await stack.database.query<{ count: number }>(
      `select count(*) from pull where state <> 'done'`
    )
    if (row?.count === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
