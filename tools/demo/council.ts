import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase, findSubmission } from '@chesil/record-store'
import { ToolError } from '../processes/tool-error.ts'
import { readJson } from './fetch-json.ts'

/** What a made-up council has sent. */
export interface SentExtracts {
  readonly council: { readonly odsCode: string; readonly name: string }
  /** The social-care adapter; no trailing slash. */
  readonly url: string
  /** Rows that were applied. */
  readonly rows: number
  /** Last day of the latest period, YYYY-MM-DD. */
  readonly asAt: string
  /** Of people it cares for, as its extracts name them. */
  readonly nhsNumbers: readonly string[]
}

interface Sent {
  readonly status: number
  /** `CldAnswer` as JSON. */
  readonly answer: string
}

const patienceMs = 60_000
const pauseMs = 200

/**
 * Has the sandbox's first council send its last two months of Client Level Data, and waits until they are on their way to
 * the record.
 *
 * @returns `undefined` when it has no council.
 * @throws ToolError when a file is not taken.
 */
export async function sendExtracts(
  sandbox: string,
  { url, postgres }: { readonly url: string; readonly postgres: string },
  now: Date
): Promise<SentExtracts | undefined> {
  const [council] = await readJson<readonly SentExtracts['council'][]>(
    'The sandbox',
    `${sandbox}/control/councils`
  )
  if (!council) return undefined
  const submissions = `${sandbox}/control/councils/${council.odsCode}/submissions`
  const periods = [lastDayOfMonth(now, 2), lastDayOfMonth(now, 1)] as const
  let rows = 0
  for (const to of periods) {
    const sent = await readJson<Sent>('The sandbox', submissions, { body: { url: `${url}/cld`, to } })
    if (sent.status !== 202 && sent.status !== 200)
      throw new ToolError(
        `A council's extract was answered with ${sent.status}: ${sent.answer.slice(0, 500)}`
      )
    const { id, report } = JSON.parse(sent.answer)
    rows += report.rows.applied
    await waitUntilSettled(postgres, id)
  }
  const nhsNumbers = await numbersIn(`${submissions}?to=${periods[1]}`)
  return {
    council: { odsCode: council.odsCode, name: council.name },
    url,
    rows,
    asAt: periods[1],
    nhsNumbers
  }
}

/** @returns YYYY-MM-DD, so many months ago. */
function lastDayOfMonth(now: Date, monthsAgo: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 - monthsAgo, 0))
    .toISOString()
    .slice(0, 10)
}

async function waitUntilSettled(postgres: string, submissionId: string): Promise<void> {
  const database = createDatabase({ url: postgres, applicationName: 'demo', maxConnections: 1 })
  try {
    for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(pauseMs))
      if ((await findSubmission(database, submissionId))?.state === 'mapped') return
  } finally {
    await database.close()
  }
  throw new ToolError('The social-care adapter takes a file too slowly.')
}

/** Of the services in the file: whoever has one is shown with it. */
async function numbersIn(url: string): Promise<readonly string[]> {
  const text = await (await fetch(url)).text()
  const services = text.split('\n').filter((line) => line.includes('"Service"') || line.includes(',Service,'))
  return [...new Set(services.flatMap((line) => /(?<!\d)\d{10}(?!\d)/.exec(line)?.[0] ?? []))]
}
