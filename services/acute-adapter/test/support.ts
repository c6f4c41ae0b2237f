import type { Hl7v2Sender, SourceCatalogue } from '@chesil/contracts'
import { createBatches } from '@chesil/message-intake'
import { type Database, systemIds, takeMessages } from '@chesil/record-store'
import { createIntake, type IntakeDeps } from '../src/intake/intake.ts'
import { createSenders } from '../src/intake/senders.ts'

export const hospital = (changes: Partial<Hl7v2Sender> = {}): Hl7v2Sender => ({
  id: 'hospital-pas',
  odsCode: 'RCB',
  name: 'Hospital',
  kind: 'hl7v2',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  senders: [{ facility: 'RCB' }],
  ...changes
})

export const catalogueOf = (...sources: Hl7v2Sender[]): SourceCatalogue => ({
  sources,
  readingOrganisations: []
})

export interface MessageParts {
  readonly control?: string
  readonly type?: string
  readonly version?: string
  readonly sender?: string
  /** MSH-15 and MSH-16 */
  readonly modes?: readonly [string, string]
  /** MSH-18 */
  readonly characterSet?: string
  readonly segments?: readonly string[]
}

export const pid = 'PID|1||4711^^^RCB^MR||SMITH^ANNA||19700101|2'

/** A segment of which these fields are filled. */
export function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  return [name, ...Array.from({ length: last }, (_, at) => fields[at + 1] ?? '')].join('|')
}

/** A message as text, its segments ended by CR. */
export function message({
  control = 'C1',
  type = 'ADT^A01^ADT_A01',
  version = '2.4',
  sender = 'PAS|RCB',
  modes = ['', ''],
  characterSet = '',
  segments = [pid]
}: MessageParts = {}): string {
  const header = `MSH|^~\\&|${sender}|CHESIL|HUB|20261122100000||${type}|${control}|P|${version}|||${modes[0]}|${modes[1]}||${characterSet}`
  return [header, ...segments].map((segment) => `${segment}\r`).join('')
}

/** An intake that commits to a database, and what it counted. */
export function openIntake(
  database: Database,
  sources: Hl7v2Sender[] = [hospital()],
  changes: Partial<IntakeDeps> = {}
) {
  const outcomes: string[] = []
  const flags: string[] = []
  const errors: unknown[] = []
  const batches = createBatches({
    take: (messages) => database.transaction((sql) => takeMessages(sql, messages)),
    onError: (error) => errors.push(error)
  })
  const intake = createIntake({
    findSender: createSenders(catalogueOf(...sources)),
    take: batches.take,
    newId: systemIds.newId,
    now: () => Date.parse('2026-11-22T10:00:00Z'),
    onOutcome: (source, outcome) => outcomes.push(`${source} ${outcome}`),
    onFlag: (source, flag) => flags.push(`${source} ${flag}`),
    ...changes
  })
  const bytesOf = (content: string | Buffer) =>
    typeof content === 'string' ? Buffer.from(content, 'latin1') : content
  /** The acknowledgements of one message, as text, a line a segment. */
  const say = async (content: string | Buffer) => {
    const { acknowledgements } = await intake({ bytes: bytesOf(content) })
    return acknowledgements.map((one) => one.toString('latin1').replaceAll('\r', '\n').trim())
  }
  /** MSA-1 of each. */
  const codes = async (content: string | Buffer) =>
    (await say(content)).map((one) => /^MSA\|(\w+)/m.exec(one)?.[1])
  return { intake, say, codes, outcomes, flags, errors }
}
