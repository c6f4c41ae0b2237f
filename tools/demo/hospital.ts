import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from '../processes/tool-error.ts'
import { readJson } from './fetch-json.ts'
import type { LoadedPerson } from './people.ts'

/** The acute adapter, as a trust's engine reaches it. */
export interface AcuteAddresses {
  /** Host and port. */
  readonly mllp: string
  /** Of its HTTP part; no trailing slash. */
  readonly http: string
}

/** What a made-up trust has sent. */
export interface PlayedDay extends AcuteAddresses {
  readonly trust: { readonly odsCode: string; readonly name: string }
  readonly messages: number
  /** Answered with something else than AA. */
  readonly notAccepted: number
  /** Of somebody who was in hospital that day. */
  readonly nhsNumber: string
  /** Of all whom PDS knows and who were. */
  readonly nhsNumbers: readonly string[]
  /** Whether their discharge summary was taken as well, which comes as ITK3. */
  readonly hasDischargeSummary: boolean
}

interface PlayReport {
  readonly state: string
  readonly acknowledged: Readonly<Record<string, number>>
  readonly unanswered: number
}

interface DayMessage {
  readonly name: string
  readonly personKey: string
}

const ratePerSecond = 50
/** So that the day is over in seconds, however many people there are. */
const mostPeople = 20
const patienceMs = 60_000
const pauseMs = 200

/**
 * Has the sandbox's first trust tell of a day, and waits until it has.
 *
 * @returns `undefined` when it has no trust.
 * @throws ToolError when the day does not end.
 */
export async function playHospitalDay(
  sandbox: string,
  addresses: AcuteAddresses,
  people: readonly LoadedPerson[]
): Promise<PlayedDay | undefined> {
  const [trust] = await readJson<readonly PlayedDay['trust'][]>('The sandbox', `${sandbox}/control/trusts`)
  if (!trust) return undefined
  const control = `${sandbox}/control/trusts/${trust.odsCode}`
  const count = Math.min(mostPeople, people.filter(({ kind }) => kind === 'ordinary').length)
  const day = await readJson<readonly DayMessage[]>('The sandbox', `${control}/day?people=${count}`)
  const body = { address: addresses.mllp, people: count, ratePerSecond }
  await readJson('The sandbox', `${control}/play`, { body })
  const report = await waitForEnd(`${control}/play`)
  const known = day.filter(({ personKey }) => /^\d{10}$/.test(personKey))
  const nhsNumber = whoWasThere(known)
  const { AA: accepted = 0, ...others } = report.acknowledged
  return {
    ...addresses,
    trust: { odsCode: trust.odsCode, name: trust.name },
    messages: accepted,
    notAccepted: Object.values(others).reduce((sum, some) => sum + some, report.unanswered),
    nhsNumber,
    nhsNumbers: [...new Set(known.map(({ personKey }) => personKey))],
    hasDischargeSummary: await sendDischargeSummary(`${control}/people/${nhsNumber}/discharge`, addresses)
  }
}

async function waitForEnd(url: string): Promise<PlayReport> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(pauseMs)) {
    const report = await readJson<PlayReport>('The sandbox', url)
    if (report.state !== 'running') return report
  }
  throw new ToolError('The acute adapter takes the messages of a hospital too slowly.')
}

/** Somebody who stayed, if anybody did. */
function whoWasThere(known: readonly DayMessage[]): string {
  const found = known.find(({ name }) => name.startsWith('inpatient-')) ?? known[0]
  return found?.personKey ?? ''
}

async function sendDischargeSummary(url: string, { http }: AcuteAddresses): Promise<boolean> {
  const body = { url: `${http}/itk3` }
  const { status } = await readJson<{ status: number }>('The sandbox', url, { body })
  return status === 202
}
