import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import * as path from 'node:path'
import type { ContributionEntry, MappedMessage, MessagePart } from '@chesil/contracts'
import { systems } from '@chesil/fhir'
import { createValidator, type Validator } from '@chesil/fhir-validator'
import type { MessageContext } from '../../src/message-context.ts'
import { prsbToContributions } from '../../src/prsb/prsb-to-contributions.ts'
import { type PrsbContent, type PrsbRefusal, readPrsb } from '../../src/prsb/read-prsb.ts'
import type { Loose } from '../asking.ts'
import { readData } from '../on-disk.ts'

/** What PRSB published. It is theirs, and stays where it is. */
const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/social-care/prsb')
export const areHere = existsSync(folder)
export const orSkip =
  'these tests read files from ../shared/data, and are skipped where that folder is absent'
export const published = (file: string): Loose => readData('social-care', 'prsb', file)

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** A council whose own numbers we know by name. */
export const context: MessageContext = {
  source: {
    id: 'council-prsb',
    odsCode: 'E10',
    name: 'A council',
    patientNumberSystem: 'https://council.example/person',
    patientNumberAuthorities: []
  },
  receivedAt: '2026-11-22T12:00:00.000Z',
  personId: ({ system, value }) => hash(system, value),
  resourceId: (type, name) => hash('council-prsb', type, name)
}

export const nhsNumber = '9449305552'
export const otherNumber = '9434765919'
export const nhs = (value = nhsNumber): Loose => ({ system: systems.nhsNumber, value })
export const own = (value = '40021'): Loose => ({ system: context.source.patientNumberSystem, value })
export const personId = context.personId({ system: own()['system'], value: '40021' })

export const patient = (changes: Loose = {}): Loose => ({
  resourceType: 'Patient',
  id: 'p1',
  identifier: [own(), nhs()],
  name: [{ use: 'official', family: 'Marsh', given: ['Maeve'] }],
  gender: 'female',
  birthDate: '1962-04-09',
  ...changes
})

const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
export const group = (text: string, ...item: readonly Loose[]): Loose => ({ linkId: slug(text), text, item })
export const answer = (text: string, ...words: readonly string[]): Loose => ({
  linkId: slug(text),
  text,
  answer: words.map((valueString) => ({ valueString }))
})

export const alert = (words: string, ...more: readonly Loose[]): Loose =>
  group('Alerts', group('Alerts record entry', answer('Alert', words), ...more))

export const response = (item: readonly Loose[], changes: Loose = {}): Loose => ({
  resourceType: 'QuestionnaireResponse',
  id: 'r1',
  identifier: { system: 'https://council.example/response', value: '7' },
  status: 'completed',
  subject: { reference: 'Patient/p1' },
  authored: '2026-11-20T10:00:00Z',
  item,
  ...changes
})

export const bundle = (...resources: readonly Loose[]): Loose => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource }))
})

/** With the person whom it is about. */
export const posted = (item: readonly Loose[], changes: Loose = {}): Loose =>
  bundle(patient(), response(item, changes))

/** Answers by their path, `Alerts/Alerts record entry/Alert`, as PRSB's definitions spell the headings. */
export type Answers = Readonly<Record<string, string>>

/** A published questionnaire filled in, once for each of `all`: what repeats does so below its section. */
export function filledIn(questionnaire: Loose, ...all: readonly Answers[]): Loose[] {
  const sections = new Map<string, Loose>()
  for (const item of all.flatMap((answers) => fill(questionnaire['item'], answers, ''))) {
    const known = sections.get(item['linkId'])
    if (known) known['item'].push(...item['item'])
    else sections.set(item['linkId'], item)
  }
  return [...sections.values()]
}

function fill(items: readonly Loose[], answers: Answers, above: string): Loose[] {
  return items.flatMap(({ linkId, text, type, item }): Loose[] => {
    const name = `${above}${bare(text)}`
    const found = Object.entries(answers).find(([key]) => bare(key) === name)
    const inner = item ? fill(item, answers, `${name}/`) : []
    if (found) return [{ linkId, text, answer: [toAnswer(type, found[1])] }]
    return inner.length > 0 ? [{ linkId, text, item: inner }] : []
  })
}

const bare = (label: string): string =>
  label
    .split('/')
    .map((part) =>
      part
        .replace(/_Instance$/, '')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '')
    )
    .join('/')

function toAnswer(type: string, words: string): Loose {
  if (type === 'date') return { valueDate: words }
  if (type === 'attachment') return { valueAttachment: { title: words } }
  return type === 'url' ? { valueUri: words } : { valueString: words }
}

/** @throws Error when it was refused. */
export function read(json: unknown): PrsbContent {
  const found = readPrsb(json)
  if (found.outcome === 'read') return found
  throw new Error(`Refused: ${found.detail}`)
}

export function refusal(json: unknown): PrsbRefusal {
  const found = readPrsb(json)
  if (found.outcome === 'refused') return found
  throw new Error('Not refused')
}

export const map = (json: unknown, changes: Partial<MessageContext> = {}): MappedMessage =>
  prsbToContributions(read(json), { ...context, ...changes })

/** @throws Error when it was refused. */
export function tell(json: unknown): MessagePart {
  const mapped = map(json)
  const [part] = mapped.outcome === 'mapped' ? mapped.parts : []
  if (!part) throw new Error('Refused')
  return part
}

export const entriesOf = (json: unknown): readonly ContributionEntry[] => tell(json).contribution.entries

export const itemsOf = (json: unknown, type: string): Loose[] =>
  entriesOf(json).flatMap(({ resourceType, resource }) =>
    resourceType === type && resource ? [resource as Loose] : []
  )

/** @throws Error when there is not exactly one. */
export function itemOf(json: unknown, type: string): Loose {
  const [only, ...others] = itemsOf(json, type)
  if (!only || others.length > 0) throw new Error(`Not one ${type}`)
  return only
}

export const labelsOf = (item: Loose): string[] =>
  (item['meta'].security ?? []).map(({ code }: Loose) => code)

export const tagsOf = (item: Loose): string[] => item['meta'].tag.map(({ code }: Loose) => code)

let validator: Validator | undefined
/** What the validator finds in all that a document becomes. */
export function faultsIn(json: unknown): readonly unknown[] {
  validator ??= createValidator()
  const { validate } = validator
  return entriesOf(json).flatMap(({ resource, sourceResourceId }) =>
    resource ? validate(resource).map((issue) => ({ sourceResourceId, ...issue })) : []
  )
}
