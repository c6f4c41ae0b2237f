import {
  defined,
  findOdsCode,
  type OdsCode,
  type Organization,
  type Practitioner,
  type Reference,
  systems
} from '@chesil/fhir'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { type Json, many, one, text, texts, uri, word } from '../json.ts'
import { isAnswer } from './events.ts'
import type { AdwMessage } from './message.ts'
import { findTarget } from './references.ts'

/** Longer is no name of anybody. */
const longestName = 200

const odsSystems: ReadonlySet<string> = new Set([systems.odsOrganisation, systems.odsSite])
const isOds = ({ system }: Json): boolean => odsSystems.has(uri(system) ?? '')

export function odsCodeOf({ source }: Pick<BundleEntry, 'source'>): OdsCode | undefined {
  const [identifier] = many(source['identifier']).filter(isOds)
  return findOdsCode(word(identifier?.['value']) ?? '')
}

/** Where the person stays: who provides the stay, else the hospital's end of the message. */
export function hospitalOf({
  encounter,
  event,
  sender,
  recipient,
  entries
}: AdwMessage): OdsCode | undefined {
  const provider =
    encounter && findTarget(encounter.source['serviceProvider'], 'Organization', encounter, entries)
  const end = event && isAnswer(event) ? recipient : sender
  return (provider && odsCodeOf(provider)) ?? end
}

/** A team, what it is part of, and so on. */
const mostLevels = 5

/** An organisation and those that it is part of; none twice. */
function lineage(organisation: BundleEntry, message: AdwMessage): BundleEntry[] {
  const found: BundleEntry[] = []
  let next: BundleEntry | undefined = organisation
  while (next && found.length < mostLevels && !found.includes(next)) {
    found.push(next)
    next = findTarget(next.source['partOf'], 'Organization', next, message.entries)
  }
  return found
}

/**
 * An organisation by number and name. A team has no number: it is told by name, with the number of that which it is
 * part of.
 */
export function toOrganisation(
  organisation: BundleEntry | undefined,
  message: AdwMessage,
  otherwise?: OdsCode
): Reference<Organization> | undefined {
  const levels = organisation ? lineage(organisation, message) : []
  const names = levels.flatMap(({ source }) => nameIn(source['name']) ?? [])
  const numbered = levels.find((level) => odsCodeOf(level) !== undefined)
  const code = (numbered && odsCodeOf(numbered)) ?? otherwise
  if (code === undefined && names.length === 0) return undefined
  const system = numbered && isSite(numbered) ? systems.odsSite : systems.odsOrganisation
  return defined({
    type: 'Organization' as const,
    identifier: code === undefined ? undefined : { system, value: code },
    display: names.length > 0 ? names.join(', ') : undefined
  })
}

const isSite = ({ source }: BundleEntry): boolean =>
  uri(many(source['identifier']).find(isOds)?.['system']) === systems.odsSite

/** Somebody by name, what they are and where they work. */
export function toPractitioner(
  practitioner: BundleEntry | undefined,
  message: AdwMessage
): Reference<Practitioner> | undefined {
  if (!practitioner) return undefined
  const { source } = practitioner
  const role = one(source['practitionerRole'])
  const place = findTarget(role?.['managingOrganization'], 'Organization', practitioner, message.entries)
  const words = [personName(source), roleName(role), place && nameIn(place.source['name'])]
  const display = words.filter((part) => part !== undefined).join(', ')
  return display === '' ? undefined : { type: 'Practitioner', display }
}

function personName(source: Json): string | undefined {
  const name = one(source['name'])
  const parts = ['prefix', 'given', 'family'].flatMap((part) => texts(name?.[part]))
  return nameIn(name?.['text']) ?? nameIn(parts.join(' '))
}

function roleName(role: Json | undefined): string | undefined {
  const what = one(role?.['role'])
  return nameIn(what?.['text']) ?? nameIn(one(what?.['coding'])?.['display'])
}

const nameIn = (value: unknown): string | undefined => text(value)?.trim().slice(0, longestName)
