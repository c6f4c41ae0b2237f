import type { Contribution, ContributionEntry, MappedMessage, MessagePart } from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'
import { foldEvents, type OrderedEvent } from '../../../care-record/src/fold-events.ts'
import { fingerprint } from '../../src/fingerprint.ts'
import { hl7v2ToContributions } from '../../src/hl7v2/hl7v2-to-contribution.ts'
import type { MessageContext } from '../../src/message-context.ts'

/** A trust, as its catalogue entry describes it. Ids are made of what they stand for. */
export const sending = (overrides: Partial<MessageContext['source']> = {}): MessageContext => ({
  source: {
    id: 'chesil-general',
    odsCode: 'RZZ',
    name: 'Chesil General Hospital',
    patientNumberSystem: chesil.patientNumber('RZZ'),
    patientNumberAuthorities: ['PAS'],
    ...overrides
  },
  receivedAt: '2026-11-22T09:00:00.000Z',
  personId: ({ system, value }) => idOf('person', `${system}|${value}`),
  resourceId: idOf
})

/** The same id for the same name, and a FHIR id whatever the name. */
const idOf = (type: string, name: string): string => `${type.toLowerCase()}-${fingerprint(name)}`

/** Segments with the header that names the trigger before them. */
export const message = (trigger: string, ...segments: readonly string[]): string =>
  [`MSH|^~\\&|PAS|RZZ|CHESIL||20261101100000||ADT^${trigger}|1|P|2.4`, ...segments].join('\r')

/** The event, recorded at a minute of 1 November 2026. */
export const evn = (minute: string): string => `EVN||2026110110${minute}`

export const pid = 'PID|1||12345^^^PAS^MR~943 476 5919^^^NHS^NH||WINTER^Ada^Mary^^Mrs^^L||19500102|2'

/** A message about Ada's stay 77 that was recorded at a minute of 1 November 2026. */
export const stay = (
  trigger: string,
  minute: string,
  visit = 'PV1|1|I|W1^R1^B1',
  ...more: string[]
): string => {
  const fields = visit.split('|')
  while (fields.length < 19) fields.push('')
  fields[19] = '77'
  return message(trigger, evn(minute), pid, fields.join('|'), ...more)
}

export function mapped(text: string, context = sending()): MappedMessage & { outcome: 'mapped' } {
  const result = hl7v2ToContributions(text, context)
  if (result.outcome !== 'mapped') throw new Error(`refused: ${result.reason}`)
  return result
}

/** The only part of a message that is about one person. */
export function partOf(text: string, context = sending()): MessagePart {
  const [part, ...others] = mapped(text, context).parts
  if (!part || others.length > 0) throw new Error('not about one person')
  return part
}

export const entriesOf = ({ entries }: Contribution, type: string): ContributionEntry[] =>
  entries.filter(({ resourceType }) => resourceType === type)

/** What the messages come to, whatever their order: as applying them would. */
export function foldAll(texts: readonly string[], context = sending()): Map<string, Resource> {
  const events = new Map<string, Map<string, OrderedEvent>>()
  for (const text of texts) {
    const { parts, sourceTime, sourceSequence } = mapped(text, context)
    for (const { resourceType, sourceResourceId, event } of parts.flatMap(
      ({ contribution }) => contribution.entries
    )) {
      if (!event) continue
      const hash = JSON.stringify(event)
      const name = `${resourceType}/${sourceResourceId}`
      const told = events.get(name) ?? new Map<string, OrderedEvent>()
      told.set(`${sourceTime} ${sourceSequence} ${hash}`, {
        order: { time: sourceTime, sequence: sourceSequence, hash },
        event
      })
      events.set(name, told)
    }
  }
  const items = [...events].map(([name, told]) => [name, foldEvents([...told.values()])] as const)
  return new Map(items.flatMap(([name, item]) => (item ? [[name, item] as const] : [])))
}

/** The one item of a type that messages come to. */
export function folded<T = Record<string, unknown>>(type: string, ...texts: readonly string[]): T {
  const found = [...foldAll(texts)].filter(([name]) => name.startsWith(`${type}/`))
  if (found.length !== 1) throw new Error(`${found.length} items of type ${type}`)
  return found[0]?.[1] as T
}
