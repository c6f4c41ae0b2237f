import { findPart, partsOf, type Question, saidIn } from './question.ts'

/** Name, role and where they are from, as one line; `undefined` where none of it is answered. */
export function nameOfContact(parts: readonly Question[]): string | undefined {
  const words = [
    saidIn(parts, 'name', 'personfullname'),
    saidIn(parts, 'role'),
    saidIn(parts, 'team'),
    saidIn(parts, 'organisation')
  ].filter((word) => word !== undefined)
  return words.length > 0 ? words.join(', ') : undefined
}

/** The first of these groups that names somebody. */
export function findProfessional(
  parts: readonly Question[],
  ...headings: readonly string[]
): string | undefined {
  return headings
    .map((heading) => findPart(parts, heading))
    .map((group) => group && nameOfContact(partsOf(group)))
    .find((name) => name !== undefined)
}
