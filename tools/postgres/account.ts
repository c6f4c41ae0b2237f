import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import type { Account } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8' })
  return answer.status === 0 ? Number(answer.stdout) : undefined
}

function findAccountNamed(name: string): Account | undefined {
  const uid = idOf('-u', name)
  const gid = idOf('-g', name)
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

/** Its files can only be read by the account that made them. */
function findOwner(dataFolder: string): Account | undefined {
  if (!existsSync(dataFolder)) return undefined
  const { uid, gid } = statSync(dataFolder)
  return uid === 0 ? undefined : { uid, gid }
}

/**
 * PostgreSQL refuses to run as root, so root starts it as somebody who is there on every machine.
 *
 * @returns `undefined` when it can run as the user who starts it.
 */
export function chooseAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const account = findOwner(dataFolder) ?? findAccountNamed('postgres') ?? findAccountNamed('nobody')
  if (account) return account
  throw new ToolError(
    'PostgreSQL refuses to run as root, and this machine has neither a postgres nor a nobody user. ' +
      'Run this as an ordinary user, or set DATABASE_URL.'
  )
}

/** Whether the account may enter the folder, through all of its parents. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...account, cwd: '/' }).status === 0
}
