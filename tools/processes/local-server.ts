import type { RunningProcess } from './start-process.ts'

/** A server of our own on loopback. */
export interface LocalServer extends RunningProcess {
  /** With the password in it: keep it out of logs. */
  readonly url: string
  readonly port: number
  /** Where its files really are: elsewhere than asked when the account that runs it may not enter that folder. */
  readonly folder: string
}
