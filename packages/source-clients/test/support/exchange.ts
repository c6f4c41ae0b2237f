import { type ExchangeRequest, findExchangeFailure, type Outbound } from '../../src/index.ts'

/** One exchange whose particulars do not matter, but for those given. */
export const call = (outbound: Outbound, url: string, changes: Partial<ExchangeRequest> = {}) =>
  outbound.exchange({
    method: 'GET',
    url,
    headers: {},
    signal: AbortSignal.timeout(5_000),
    maxBytes: 10_000,
    ...changes
  })

export const failureOf = (outbound: Outbound, url: string, changes: Partial<ExchangeRequest> = {}) =>
  call(outbound, url, changes).then(
    ({ status }) => status,
    (error: unknown) => findExchangeFailure(error) ?? error
  )

export const text = ({ body }: { body: Uint8Array }) => Buffer.from(body).toString()
