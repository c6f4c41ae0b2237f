import { ToolError } from '../processes/tool-error.ts'

export interface JsonRequest {
  readonly token?: string
  /** Sent as JSON, by POST. */
  readonly body?: unknown
  readonly timeoutMs?: number
}

/**
 * Asks one of our own services.
 *
 * @param what For the message when it fails; the address is not shown, since it may hold an NHS number.
 * @returns `undefined` for 404.
 * @throws ToolError for any other status than a good one.
 */
export async function fetchJson<Answer>(
  what: string,
  url: string,
  { token, body, timeoutMs = 30_000 }: JsonRequest = {}
): Promise<Answer | undefined> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs)
  })
  const text = await response.text()
  if (response.status === 404) return undefined
  if (!response.ok) throw new ToolError(`${what} answered ${response.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Answer
}

/** @throws ToolError also for 404. */
export async function readJson<Answer>(what: string, url: string, request?: JsonRequest): Promise<Answer> {
  const answer = await fetchJson<Answer>(what, url, request)
  if (answer === undefined) throw new ToolError(`${what} answered 404`)
  return answer
}
