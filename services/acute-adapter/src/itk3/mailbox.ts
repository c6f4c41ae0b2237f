import type { Logger } from '@chesil/service-kit'
import type { Itk3Answer, Itk3Intake, Itk3Outcome } from './intake.ts'
import type { Mailbox, MailboxItem } from './mailbox-folder.ts'

export interface MailboxOptions {
  readonly mailbox: Mailbox
  readonly intake: Itk3Intake
  readonly log: Logger
  readonly pollMs: number
  readonly maxMessageBytes: number
}

type Outcome = Itk3Outcome | 'tooLarge'

const reasons: Partial<Readonly<Record<Outcome, string>>> = {
  unreadable: 'Not an ITK3 message or document in XML',
  unknownSender: 'The sender is not known here',
  tooLarge: 'Larger than a message may be'
}

/**
 * Takes messages from the folder of a mailbox, each at least once: one that was committed, and not moved away
 * before a stop, is taken again and known.
 */
export function createMailboxReader({ mailbox, intake, log, pollMs, maxMessageBytes }: MailboxOptions) {
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  let isClosing = false

  async function take(item: MailboxItem): Promise<Omit<Itk3Answer, 'outcome'> & { outcome: Outcome }> {
    const bytes = await mailbox.read(item, maxMessageBytes)
    return bytes === undefined ? { outcome: 'tooLarge' } : await intake({ bytes })
  }

  /** @returns false when nothing can be kept just now. */
  async function settle(item: MailboxItem): Promise<boolean> {
    const { outcome, acknowledgement } = await take(item)
    if (outcome === 'unavailable') return false
    if (acknowledgement !== undefined)
      await mailbox.answer(`${item.name}.infrastructure.xml`, acknowledgement)
    await putAway(item, outcome)
    return true
  }

  async function putAway(item: MailboxItem, outcome: Outcome): Promise<void> {
    // What its source does not share is not kept here either.
    if (outcome === 'denied') return await mailbox.discard(item)
    const reason = reasons[outcome]
    await mailbox.finish(item, reason === undefined ? 'done' : 'failed', reason)
    if (reason !== undefined) log.warn({ reason }, 'a message in the mailbox was refused')
  }

  async function tryToSettle(item: MailboxItem): Promise<boolean> {
    try {
      return await settle(item)
    } catch (error) {
      log.error({ err: error }, 'a message in the mailbox could not be taken')
      return true
    }
  }

  /** Takes what lies there, in order. What cannot be taken stays for the next round. */
  async function pollOnce(): Promise<void> {
    try {
      for (const item of await mailbox.list()) if (isClosing || !(await tryToSettle(item))) return
    } catch (error) {
      log.error({ err: error }, 'the mailbox could not be read')
    }
  }

  function schedule(): void {
    if (isClosing) return
    timer = setTimeout(() => {
      round = pollOnce().finally(schedule)
    }, pollMs)
  }

  return {
    pollOnce,
    async start(): Promise<void> {
      await mailbox.prepare()
      schedule()
    },
    /** Ends when the message in hand is settled. */
    async close(): Promise<void> {
      isClosing = true
      clearTimeout(timer)
      await round
    }
  }
}
