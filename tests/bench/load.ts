import { Pool } from 'undici'

export interface Load {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
}

export interface Rate {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/**
 * As many requests as one client makes in that time on so many connections, each waiting for its answer. Bodies are
 * read and thrown away as they came.
 *
 * @throws Error when anything but 200 was answered: a fast refusal is no figure.
 */
export async function measure({ url, headers = {}, connections, seconds }: Load): Promise<Rate> {
  const { origin, pathname, search } = new URL(url)
  const pool = new Pool(origin, { connections, pipelining: 1 })
  const latencies: number[] = []
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  const ask = async () => {
    while (performance.now() < until) {
      const askedAt = performance.now()
      const status = await statusOf(pool, `${pathname}${search}`, headers)
      if (status !== 200) throw new Error(`${status} at ${url}`)
      latencies.push(performance.now() - askedAt)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, ask))
  } finally {
    await pool.close()
  }
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    perSecond: (latencies.length * 1000) / (performance.now() - startedAt),
    p50Ms: at(0.5),
    p99Ms: at(0.99)
  }
}

/** As little as a client can do: the body is neither kept nor decompressed. */
function statusOf(pool: Pool, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    pool.dispatch(
      { method: 'GET', path, headers: { ...headers } },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData() {},
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error)
      }
    )
  })
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
