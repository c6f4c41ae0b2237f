import { failExchange } from './failure.ts'

/**
 * Some work notices a signal late (undici only once it is connected) or never (a token being fetched for many).
 *
 * @throws OutcomeError `upstreamTimeout` as soon as the signal ends, whatever becomes of the work.
 */
export async function endWith<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw failExchange('timed-out')
  let giveUp: () => void = () => undefined
  const ended = new Promise<never>((_, reject) => {
    giveUp = () => reject(failExchange('timed-out'))
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([work(), ended])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
