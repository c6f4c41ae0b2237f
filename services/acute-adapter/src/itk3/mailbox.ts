import { createRounds } from '@chesil/message-intake'
import type { Logger } from '@chesil/service-kit'
import type { Itk3Answer, Itk3Intake, Itk3Outcome } from './intake.ts'
import type { Mailbox, MailboxItem } from './mailbox-folder.ts'

export type MailboxOutcome = Itk3Outcome | 'tooLarge' | 'failed'

/** Files by where they lie. */
export interface MailboxCounts {
  readonly waiting: number
  /** Set aside, for somebody to look at. */
  readonly failed: number
  /** Answers that nobody has fetched yet. */
  readonly uncollected: number
}

export interface MailboxOptions {
  readonly mailbox: Mailbox
  readonly intake: Itk3Intake
  readonly log: Logger
  readonly pollMs: number
  readonly maxMessageBytes: number
  /** How long what failed is kept. */
  readonly keepMs: number
  /** ms since 1970 */
  readonly now: () => number
  readonly onOutcome: (outcome: MailboxOutcome) => void
  readonly onCounts: (counts: MailboxCounts) => void
}

/** How often a message may end in an error of ours before it is set aside. */
const maxTries = 5

const reasons: Partial<Readonly<Record<MailboxOutcome, string>>> = {
  unreadable: 'Not an ITK3 message or document in XML',
  unknownSender: 'The sender is not known here',
  tooLarge: 'Larger than a message may be',
  failed: 'Could not be taken: see the log'
}

/**
 * Takes messages from the folder of a mailbox, each at least once: one that was committed, and not deleted before a
 * stop, is taken again and known.
 */
export function createMailboxReader(options: MailboxOptions) {
  const { mailbox, intake, log, pollMs, maxMessageBytes } = options
  /** Errors of each message that lies there, by name. */
  const failures = new Map<string, number>()
  const rounds = createRounds(pollOnce, pollMs)

  async function take(item: MailboxItem): Promise<Omit<Itk3Answer, 'outcome'> & { outcome: MailboxOutcome }> {
    if ((failures.get(item.name) ?? 0) >= maxTries) return { outcome: 'failed' }
    const bytes = await mailbox.read(item, maxMessageBytes)
    return bytes === undefined ? { outcome: 'tooLarge' } : await intake({ bytes, isFromMailbox: true })
  }

  /** @returns false when nothing can be kept just now. */
  async function settle(item: MailboxItem): Promise<boolean> {
    const { outcome, acknowledgement } = await take(item)
    options.onOutcome(outcome)
    if (outcome === 'unavailable') return false
    if (acknowledgement !== undefined)
      await mailbox.answer(`${item.name}.infrastructure.xml`, acknowledgement)
    await putAway(item, outcome)
    failures.delete(item.name)
    return true
  }

  async function putAway(item: MailboxItem, outcome: MailboxOutcome): Promise<void> {
    const reason = reasons[outcome]
    if (reason === undefined) return await mailbox.discard(item)
    await mailbox.setAside(item, reason)
    log.warn({ reason }, 'a message in the mailbox was refused')
  }

  async function tryToSettle(item: MailboxItem): Promise<boolean> {
    try {
      return await settle(item)
    } catch (error) {
      failures.set(item.name, (failures.get(item.name) ?? 0) + 1)
      log.error({ err: error }, 'a message in the mailbox could not be taken')
      return true
    }
  }

  async function tidy(): Promise<void> {
    const items = await mailbox.list()
    const names = new Set(items.map(({ name }) => name))
    for (const name of failures.keys()) if (!names.has(name)) failures.delete(name)
    await mailbox.purge(options.now() - options.keepMs)
    options.onCounts({ waiting: items.length, ...(await mailbox.count()) })
  }

  async function takeAll(): Promise<void> {
    for (const item of await mailbox.list()) if (rounds.isClosing() || !(await tryToSettle(item))) return
  }

  /** Takes what lies there, in order. What cannot be taken stays for the next round. */
  async function pollOnce(): Promise<void> {
    try {
      await takeAll()
      await tidy()
    } catch (error) {
      log.error({ err: error }, 'the mailbox could not be read')
    }
  }

  return {
    pollOnce,
    async start(): Promise<void> {
      await mailbox.prepare()
      rounds.begin()
    },
    /** Ends when the message in hand is settled. */
    close: rounds.close
  }
}
