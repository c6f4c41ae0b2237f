import { isEncapsulated } from '../documents/encapsulated.ts'
import { field, plainText, type Segment, text } from '../message.ts'
import type { Annotated, OrderGroup } from './order-groups.ts'
import { isWithdrawn } from './status.ts'
import { isText, unitOf } from './value.ts'

/** One result of a report: one OBX, or the lines of one text. */
export interface ResultItem {
  /** What follows the number of the order in its name. */
  readonly key: string
  /** At least one. */
  readonly lines: readonly Annotated[]
  readonly isFile: boolean
  /** It is taken back by a line that does not say whether it is a result or a file: each is taken back. */
  readonly isEither?: true
  /** Lines that have no code of their own: the report's name is theirs. */
  readonly isUncoded: boolean
}

/**
 * The results of one order. Texts (ST, TX, FT) of one code (OBX-3) and sub-id (OBX-4) are lines of one text, and so
 * are those without a code whose names differ in their number only, such as `Report Line 1` and `Report Line 2`. What
 * has a unit was measured: it is a result by itself.
 */
export function resultItemsOf({ request, results }: OrderGroup): readonly ResultItem[] {
  const items: ResultItem[] = []
  const texts = new Map<string, Annotated[]>()
  for (const line of results) {
    const { segment } = line
    const isFile = isEncapsulated(segment)
    const key = keyOf(segment, request?.segment)
    const isLine = !isFile && isText(segment) && unitOf(segment).unit === undefined
    const before = isLine ? texts.get(key) : undefined
    if (before) before.push(line)
    else {
      const lines = [line]
      if (isLine) texts.set(key, lines)
      items.push({ key, lines, isFile, isUncoded: isUncoded(segment) })
    }
  }
  return items.flatMap(withFiles)
}

/** A result that is taken back, and the files that may be meant by it. */
function withFiles(item: ResultItem): ResultItem[] {
  const untold = item.lines.filter(({ segment }) => saysNothing(segment))
  const isEither = untold.length > 0 && item.lines.every(({ segment }) => isWithdrawn(segment))
  if (!isEither) return [item]
  const files = untold.map((line) => ({ ...item, lines: [line], isFile: true, isEither }))
  return [{ ...item, isEither }, ...files]
}

/** Neither OBX-2 nor OBX-5 tells what it is. */
const saysNothing = (result: Segment): boolean =>
  text(result, 2) === undefined && field(result, 5).length === 0

const isUncoded = (result: Segment): boolean => text(result, 3, 1, 0) === undefined

/** The order's service, for orders may share a number; OBX-3, or without a code what the text is called; and OBX-4. */
function keyOf(result: Segment, request: Segment | undefined): string {
  const code = text(result, 3, 1, 0) ?? (text(result, 3, 2, 0) ?? '').replace(/\s*\d+$/, '')
  return `${serviceOf(request)}/${code}/${plainText(result, 4) ?? ''}`
}

/** What was asked for: the code of OBR-4, or its name. */
export const serviceOf = (request: Segment | undefined): string =>
  text(request, 4, 1, 0) ?? text(request, 4, 2, 0) ?? ''
