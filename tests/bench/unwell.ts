import { openStack, type SandboxPerson, type StackServers } from '../support/open-stack.ts'
import { median } from './load.ts'

export interface UnwellResult {
  /** ms until the reader at the healthy practice had the answer, the other two being well. */
  readonly alone: Percentiles
  /** The same with one practice hanging and one failing. */
  readonly beside: Percentiles
  /** The slowest of all the answers about the other two, in ms. */
  readonly slowestOther: number
}

interface Percentiles {
  readonly p50: number
  readonly p95: number
}

type Person = SandboxPerson & { readonly id: string }

/** How long a reader waits, and how long a practice is given: longer, so that the one that hangs is still pending. */
const wait = { headers: { prefer: 'wait=2' } }
const sourceTimeoutMs = 2_500

/**
 * Three people at three practices, read at the same moment with `Prefer: wait=2`, each round twice: with all of
 * them well, and with one hanging and one failing. Every read asks the practice again.
 *
 * @param afterMeeting Does harm once the people are known, such as stopping Redis.
 */
export async function benchUnwell(
  servers: StackServers,
  rounds: number,
  afterMeeting: () => Promise<void> = async () => undefined
): Promise<UnwellResult> {
  const stack = await openStack(servers, {
    env: { sandbox: { SANDBOX_PEOPLE: '12', SANDBOX_PRACTICES: '12', RECORD_SIZES: '100' } },
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({
        ...source,
        timeoutMs: sourceTimeoutMs,
        retention: 'store' as const,
        agreement: 'bench'
      }))
    })
  })
  const behave = (person: Person, behaviour: object) =>
    stack.control('PUT', `practices/${person.practice}/behaviour`, behaviour)

  /** The milliseconds each of them waited; whose practice stays well comes first. */
  async function readAll(people: readonly Person[]): Promise<readonly number[]> {
    await stack.database.query(
      `with old as (update source_status set stale = true where patient_id = any ($1::uuid[]) returning patient_id)
       update patient set revision = revision + 1 where id in (select patient_id from old)`,
      [people.map(({ id }) => id)]
    )
    const answers = await Promise.all(people.map(({ id }) => stack.ask(`Patient/${id}/$everything`, wait)))
    return answers.map(({ elapsedMs }) => elapsedMs)
  }

  try {
    const people: Person[] = []
    for (const person of (await stack.people()).filter(({ kind }) => kind === 'ordinary')) {
      if (people.length === 3 || people.some(({ practice }) => practice === person.practice)) continue
      const id = (await stack.findPerson(person.nhsNumber)) as string
      await stack.settle(id)
      people.push({ ...person, id })
    }
    const [, hanging, failing] = people as [Person, Person, Person]
    await afterMeeting()
    for (let warmUp = 0; warmUp < 5; warmUp++) await readAll(people)

    const times = { alone: [] as number[], beside: [] as number[] }
    let slowestOther = 0
    for (let round = 0; round < rounds; round++) {
      times.alone.push((await readAll(people))[0] as number)
      await behave(hanging, { kind: 'hang' })
      await behave(failing, { kind: 'fail', status: 500 })
      const [own, ...others] = await readAll(people)
      times.beside.push(own as number)
      slowestOther = Math.max(slowestOther, ...others)
      await behave(hanging, { kind: 'healthy' })
      await behave(failing, { kind: 'healthy' })
      await stack.settle(hanging.id)
    }
    return { alone: percentiles(times.alone), beside: percentiles(times.beside), slowestOther }
  } finally {
    await stack.stop()
  }
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50: median(values), p95: sorted[Math.ceil(sorted.length * 0.95) - 1] as number }
}
