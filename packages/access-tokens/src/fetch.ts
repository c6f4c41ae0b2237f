/**
 * The part of `fetch` that this package uses. Pass a guarded one (`createOutbound` in source-clients):
 * the global `fetch` connects to any address.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Headers | Record<string, string>
  readonly body?: string
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}
