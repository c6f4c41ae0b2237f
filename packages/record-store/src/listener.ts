import pg from 'pg'

/** `work`: rows wait on a queue (payload: its name). `pull`: a pull is over (payload: its id). */
export type Channel = 'chesil_work' | 'chesil_pull'

/**
 * Hears what transactions of any process announce. It is a wake-up call and no more: after a lost
 * connection calls are missed, so whoever listens also looks from time to time.
 */
export function createListener(options: {
  readonly url: string
  readonly channels: readonly Channel[]
  readonly onNotification: (channel: Channel, payload: string) => void
  readonly onLost?: (error: Error) => void
}) {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: options.url,
      application_name: 'chesil-listener',
      keepAlive: true,
      connectionTimeoutMillis: 5_000
    })
    let lost = false
    const again = (error: Error) => {
      if (lost || closed) return
      lost = true
      options.onLost?.(error)
      void fresh.end().catch(() => undefined)
      timer = setTimeout(start, 500)
    }
    fresh.on('error', again)
    fresh.on('end', () => again(new Error('connection ended')))
    fresh.on('notification', ({ channel, payload }) =>
      options.onNotification(channel as Channel, payload ?? '')
    )
    client = fresh
    try {
      await fresh.connect()
      for (const channel of options.channels) await fresh.query(`listen ${channel}`)
    } catch (error) {
      again(error as Error)
    }
  }
  const start = () => void connect()
  start()

  return {
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => undefined)
    }
  }
}
