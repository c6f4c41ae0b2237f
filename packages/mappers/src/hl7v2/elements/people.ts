import {
  type ContactPoint,
  defined,
  type HumanName,
  type Identifier,
  type Reference,
  systems
} from '@chesil/fhir'
import { field, part, type Repetition, type Segment } from '../message.ts'
import { localSystem } from './identifiers.ts'
import type { Reading } from './reading.ts'

const nameUses: ReadonlyMap<string, HumanName['use']> = new Map([
  ['L', 'official'],
  ['D', 'usual'],
  ['C', 'usual'],
  ['A', 'nickname'],
  ['N', 'nickname'],
  ['M', 'maiden'],
  ['BAD', 'old'],
  ['S', 'anonymous'],
  ['T', 'temp'],
  ['TEMP', 'temp']
])

/** XPN: family^given^others^suffix^prefix^degree^type. */
export function toName(value: Repetition | undefined): HumanName | undefined {
  if (!value) return undefined
  return nameOf(value, 1, nameUses.get(part(value, 7)?.toUpperCase() ?? ''))
}

export function names(segment: Segment | undefined, number: number): HumanName[] | undefined {
  const found = field(segment, number).flatMap((value) => toName(value) ?? [])
  return found.length > 0 ? found : undefined
}

/** @param first The component of the family name; given names, suffix and prefix come after it. */
function nameOf(value: Repetition, first: number, use?: HumanName['use']): HumanName | undefined {
  const others = part(value, first + 2)?.split(' ') ?? []
  const given = [part(value, first + 1), ...others].filter((name) => name !== undefined && name !== '')
  const name = defined({
    family: part(value, first),
    given: given.length > 0 ? (given as string[]) : undefined,
    prefix: listed(part(value, first + 4)),
    suffix: listed(part(value, first + 3))
  })
  return Object.keys(name).length === 0 ? undefined : defined({ use, ...name })
}

const listed = (text: string | undefined): string[] | undefined => (text === undefined ? undefined : [text])

const written = ({ prefix, given, family, suffix }: HumanName): string =>
  [...(prefix ?? []), ...(given ?? []), family, ...(suffix ?? [])].filter(Boolean).join(' ')

/**
 * XCN, and the CN and PPN before and after it: id^family^given^… A GMC or GMP number is one that is said to be, or
 * that has its form: `C` and seven digits are a consultant's, `G` and seven digits a GP's.
 *
 * @see https://www.datadictionary.nhs.uk/attributes/consultant_code.html
 */
export function toPractitioner(value: Repetition | undefined, reading: Reading): Reference | undefined {
  if (!value) return undefined
  const name = nameOf(value, 2)
  const identifier = practitionerNumber(value, reading)
  const display = name === undefined ? undefined : written(name)
  if (identifier === undefined && display === undefined) return undefined
  return defined({ type: 'Practitioner' as const, identifier, display })
}

export const practitioner = (
  segment: Segment | undefined,
  number: number,
  reading: Reading
): Reference | undefined => toPractitioner(field(segment, number)[0], reading)

function practitionerNumber(value: Repetition, { context }: Reading): Identifier | undefined {
  const number = part(value)?.toUpperCase()
  if (number === undefined) return undefined
  const kinds = [part(value, 8), part(value, 9), part(value, 13)].map((kind) => kind?.toUpperCase())
  if (/^G\d{7}$/.test(number)) return { system: systems.gmpNumber, value: number }
  if (/^C\d{7}$/.test(number)) return { system: systems.gmcNumber, value: number }
  if (/^\d{7}$/.test(number) && kinds.includes('GMC')) return { system: systems.gmcNumber, value: number }
  if (kinds.includes('GMP')) return { system: systems.gmpNumber, value: number }
  if (kinds.includes('SDS')) return { system: systems.sdsUser, value: number }
  return { system: localSystem(context.source, 'practitioner', part(value, 9)), value: part(value) ?? number }
}

const equipment: ReadonlyMap<string, ContactPoint['system']> = new Map([
  ['PH', 'phone'],
  ['CP', 'phone'],
  ['SAT', 'phone'],
  ['FX', 'fax'],
  ['BP', 'pager'],
  ['INTERNET', 'email'],
  ['X.400', 'email'],
  ['TDD', 'other'],
  ['TTY', 'other'],
  ['MD', 'other']
])

/** XTN: the number in its first or twelfth component, or in parts; an address of mail in its fourth. */
export function toContact(value: Repetition, use: ContactPoint['use']): ContactPoint | undefined {
  const email = part(value, 4, 0)
  const isMail = email?.includes('@') === true
  const parts = [5, 6, 7].map((component) => part(value, component)).filter((one) => one !== undefined)
  const number = isMail ? email : (part(value, 1, 0) ?? part(value, 12, 0) ?? parts.join(' '))
  if (number === '') return undefined
  const kind = part(value, 3)?.toUpperCase() ?? ''
  const isMobile = kind === 'CP' && !isMail
  const system = isMail || number.includes('@') ? 'email' : (equipment.get(kind) ?? 'phone')
  const isPhone = system === 'email' && !number.includes('@')
  return defined({
    system: isPhone ? 'phone' : system,
    value: number,
    use: isMobile ? 'mobile' : use
  } as ContactPoint)
}

export function contacts(
  segment: Segment | undefined,
  number: number,
  use: ContactPoint['use']
): ContactPoint[] {
  return field(segment, number).flatMap((value) => toContact(value, use) ?? [])
}
