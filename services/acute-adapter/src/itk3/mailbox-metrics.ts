import type { Metrics } from '@chesil/service-kit'
import type { MailboxOptions } from './mailbox.ts'

export function createMailboxMetrics(metrics: Metrics) {
  const taken = metrics.counter('chesil_mailbox_total', 'Messages in the mailbox, by what became of them', [
    'outcome'
  ])
  const files = metrics.gauge('chesil_mailbox_files', 'Messages and answers that lie in the mailbox', [
    'folder'
  ])
  return {
    onOutcome: (outcome) => taken.inc({ outcome }),
    onCounts: ({ waiting, failed, uncollected }) => {
      files.set({ folder: 'in' }, waiting)
      files.set({ folder: 'failed' }, failed)
      files.set({ folder: 'out' }, uncollected)
    }
  } satisfies Pick<MailboxOptions, 'onOutcome' | 'onCounts'>
}
