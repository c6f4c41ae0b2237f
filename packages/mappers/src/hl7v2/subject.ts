import type { ClaimedSubject, LocalIdentifier } from '@chesil/contracts'
import {
  chesil,
  defined,
  findNhsNumber,
  type Identifier,
  type NhsNumber,
  type Patient,
  systems
} from '@chesil/fhir'
import { isFilledIn } from '../filled-in-number.ts'
import type { MessageContext } from '../message-context.ts'
import { toDate } from './date-time.ts'
import { names } from './elements/people.ts'
import { field, firstOf, part, type Repetition, type Segment, text } from './message.ts'

/** Sexes as UK Core's ConceptMap has them, and those of HL7 table 0001. */
const genders: ReadonlyMap<string, Patient['gender']> = new Map([
  ['1', 'male'],
  ['M', 'male'],
  ['2', 'female'],
  ['F', 'female'],
  ['9', 'other'],
  ['O', 'other'],
  ['A', 'other'],
  ['X', 'unknown'],
  ['0', 'unknown'],
  ['U', 'unknown'],
  ['N', 'unknown']
])

/** @returns `undefined` for what has no meaning in England. */
export const genderOfCode = (code: string | undefined): Patient['gender'] =>
  genders.get(code?.toUpperCase() ?? '')

/** PID-8 */
export const genderOf = (pid: Segment | undefined): Patient['gender'] => genderOfCode(text(pid, 8))

/** @returns `undefined` where a message, or a group of one, names nobody. */
export function findSubject(
  segments: readonly Segment[],
  context: MessageContext
): ClaimedSubject | undefined {
  const pid = firstOf(segments, 'PID')
  if (!pid) return undefined
  const numbers = numbersOf(pid, context)
  if (!numbers) return undefined
  const [name] = names(pid, 5) ?? []
  const birthDate = toDate(text(pid, 7))
  return defined({
    ...numbers,
    birthDate: birthDate?.length === 10 ? birthDate : undefined,
    family: name?.family,
    given: name?.given,
    gender: genderOf(pid)
  })
}

/** PID-3, and where this is absent its forerunners: PID-2 and PID-4. NHS numbers are looked for in PID-2 and PID-19 as well. */
function numbersOf(
  pid: Segment,
  context: MessageContext
): Pick<ClaimedSubject, 'local' | 'nhsNumber'> | undefined {
  const list = field(pid, 3)
  const isListed = list.some((value) => part(value) !== undefined)
  const nhsNumber = nhsNumberOf(pid)
  const local = localNumberIn(isListed ? list : olderNumbers(pid), context)
  if (local) return defined({ local, nhsNumber })
  const claimed = nhsNumber ?? mistypedIn(list)
  return claimed === undefined ? undefined : defined({ local: claimedNumber(claimed, context), nhsNumber })
}

/** An NHS number that fails its check digit is still how the sender tells people apart; two valid ones tell nobody. */
function mistypedIn(list: readonly Repetition[]): string | undefined {
  const claimed = list.filter(isNhs).map((value) => (part(value) ?? '').replaceAll(/[\s-]/g, ''))
  if (claimed.some((number) => findNhsNumber(number) !== undefined)) return undefined
  return claimed.find((number) => /^\d{10}$/.test(number) && !isFilledIn(number))
}

const claimedNumber = (value: string, { source }: MessageContext): LocalIdentifier => ({
  system: chesil.claimedNhsNumber(source.odsCode),
  value
})

const nhsAuthorities = new Set(['NHS', 'NHSNBR', '2.16.840.1.113883.2.1.4.1'])

const isNhs = (value: Repetition): boolean =>
  ['NH', 'NHS'].includes(part(value, 5)?.toUpperCase() ?? '') ||
  nhsAuthorities.has((part(value, 4) ?? part(value, 4, 2))?.toUpperCase() ?? '')

/** Those that are said to be NHS numbers in PID-3, a bare one in PID-2, and PID-19. */
function nhsNumberOf(pid: Segment): NhsNumber | undefined {
  const older = field(pid, 2).filter((value) => isNhs(value) || isBareNhsNumber(value))
  return onlyNhsNumber([...field(pid, 3).filter(isNhs), ...older, ...field(pid, 19)])
}

/** Somebody with two NHS numbers is known by neither of them. */
function onlyNhsNumber(values: readonly Repetition[]): NhsNumber | undefined {
  const found = new Set(values.flatMap((value) => findNhsNumber(part(value) ?? '') ?? []))
  const [only] = found
  return found.size === 1 ? only : undefined
}

const personTypes = new Set(['', 'MR', 'PI', 'PT'])
/** Whoever gives out numbers of other things than patients. */
const otherAuthorities = new Set(['USSSA', 'SSA', 'DVLA'])

/** What is longer is no number, and too long to be kept as one. */
const longest = 100

const isOfPerson = (value: Repetition): boolean =>
  [part(value), authorityOf(value)].every((text = '') => text.length <= longest && !/[\n\r]/.test(text)) &&
  personTypes.has(typeOf(value)) &&
  !otherAuthorities.has(authorityOf(value)?.toUpperCase() ?? '')

/** CX-5, where it is a code. Senders also put names there, which say nothing of the kind of number. */
const typeOf = (value: Repetition): string =>
  /^[A-Z]{1,5}$/i.exec(part(value, 5) ?? '')?.[0].toUpperCase() ?? ''

/** CX-4: its name, else its universal id; where there is none, the facility in CX-6. */
const authorityOf = (value: Repetition): string | undefined =>
  part(value, 4) ?? part(value, 4, 2) ?? part(value, 6)

/**
 * The trust's own number before one of another authority, which has a system of its own: two authorities may give
 * one number to two people. Numbers of other things (driving licences, insurance, accounts) are nobody's name.
 */
const localNumberIn = (values: readonly Repetition[], context: MessageContext): LocalIdentifier | undefined =>
  localNumbersIn(values, context)[0]

/** The trust's own first. */
function localNumbersIn(values: readonly Repetition[], context: MessageContext): LocalIdentifier[] {
  const found = values.filter((value) => part(value) !== undefined && !isNhs(value) && isOfPerson(value))
  const own = found.filter((value) => isOwn(authorityOf(value), context))
  const others = found.filter((value) => !own.includes(value))
  return [...own, ...others].map((value) => toLocal(value, context))
}

/** PID-2 and PID-4. Ten digits that pass the check digit, of no type and authority, are an NHS number there. */
const olderNumbers = (pid: Segment): Repetition[] =>
  [...field(pid, 2), ...field(pid, 4)].filter((value) => !isBareNhsNumber(value))

const isBareNhsNumber = (value: Repetition): boolean =>
  part(value, 4) === undefined &&
  part(value, 5) === undefined &&
  findNhsNumber(part(value) ?? '') !== undefined

function isOwn(authority: string | undefined, { source }: MessageContext): boolean {
  if (authority === undefined) return true
  const all = [source.odsCode, ...source.patientNumberAuthorities].map((one) => one.toUpperCase())
  return all.includes(authority.toUpperCase())
}

function toLocal(value: Repetition, context: MessageContext): LocalIdentifier {
  const authority = authorityOf(value)
  const { patientNumberSystem } = context.source
  const system = isOwn(authority, context)
    ? patientNumberSystem
    : `${patientNumberSystem}/${encodeURIComponent((authority ?? '').toWellFormed())}`
  return { system, value: part(value) ?? '' }
}

/** Every number that PID gives for the person, as identifiers. */
export function personNumbers(pid: Segment, context: MessageContext): Identifier[] {
  const list = field(pid, 3)
  const isListed = list.some((value) => part(value) !== undefined)
  const nhsNumber = nhsNumberOf(pid)
  const others = (isListed ? list : olderNumbers(pid)).flatMap(
    (value) => localNumberIn([value], context) ?? []
  )
  return [...others, ...(nhsNumber === undefined ? [] : [{ system: systems.nhsNumber, value: nhsNumber }])]
}

/**
 * Whom MRG names, by all the trust's numbers of its list, else another authority's, else of its older fields.
 *
 * @returns none where it names nobody.
 */
export function priorsIn(merge: Segment | undefined, context: MessageContext): readonly LocalIdentifier[] {
  for (const number of [1, 4, 2]) {
    const values = field(merge, number)
    const own = values.filter((value) => isOwn(authorityOf(value), context))
    const locals = [own, values].map((some) => localNumbersIn(some, context)).find((some) => some.length > 0)
    if (locals) return locals
    const nhsNumber = onlyNhsNumber(values.filter(isNhs))
    if (nhsNumber !== undefined) return [claimedNumber(nhsNumber, context)]
  }
  return []
}
