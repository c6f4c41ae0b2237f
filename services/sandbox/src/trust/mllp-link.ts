import { setTimeout as sleep } from 'node:timers/promises'
import { createMllpSender, type MllpSender } from '@chesil/mllp'
import type { Address } from './address.ts'

/** One connection to a listener, opened anew whenever it has ended. */
export interface MllpLink {
  /** @throws Error when there is no answer in time, or none at all. */
  send(message: Uint8Array): Promise<Buffer>
  close(): Promise<void>
}

const pauseMs = 100
const patienceMs = 1_000

/** @param timeoutMs For each answer. */
export function createMllpLink(address: Address, timeoutMs: number): MllpLink {
  let opening: Promise<MllpSender> | undefined

  function open(): Promise<MllpSender> {
    opening ??= createMllpSender({ ...address, timeoutMs }).then(
      (sender) => {
        void sender.closed.then(forget)
        return sender
      },
      async (error: unknown) => {
        // Whoever refuses us is not asked again at once.
        await sleep(pauseMs)
        forget()
        throw error
      }
    )
    return opening
  }
  const forget = () => {
    opening = undefined
  }

  return {
    send: async (message) => (await open()).send(message),
    async close() {
      const sender = await opening?.catch(() => undefined)
      // A listener that hangs would never end its side.
      await Promise.race([sender?.close(), sleep(patienceMs, undefined, { ref: false })])
    }
  }
}
