import { toDateTime } from '../date-time.ts'
import { firstOf, type Segment, text } from '../message.ts'
import { type Group, personKey } from './group.ts'
import { nameOf } from './telling.ts'

export const visitName = (number: string): string => nameOf('visit', number).replace('|', '/')
const accountName = (number: string): string => nameOf('account', number).replace('|', '/')

/**
 * What a stay is called: by its number (PV1-19), else by that of its account (PID-18), else by the person, when it
 * began and its class. The last two are as good as the source is: an account may have several stays.
 *
 * @returns `undefined` where it cannot be told from others.
 */
export function findVisit({ segments, trigger, ...group }: Group): string | undefined {
  const visit = firstOf(segments, 'PV1')
  const number = text(visit, 19)
  if (number !== undefined) return visitName(number)
  if (!visit || trigger.visit === 'numbered') return undefined
  const account = text(firstOf(segments, 'PID'), 18)
  if (account !== undefined) return accountName(account)
  const began = toDateTime(text(visit, 44)) ?? (trigger.begins ? group.at : undefined)
  if (began === undefined) return undefined
  return nameOf('stay', personKey(group), began, text(visit, 2)?.toUpperCase() ?? '').replace('|', '/')
}

/** The stay that MRG names as it was called before. */
export function findPriorVisit(segments: readonly Segment[]): string | undefined {
  const merge = firstOf(segments, 'MRG')
  const visit = text(merge, 5)
  if (visit !== undefined) return visitName(visit)
  const account = text(merge, 3)
  return account === undefined ? undefined : accountName(account)
}
