import { decideGate, foldEvents } from '@chesil/care-record'
import { type Contribution, gpSections, type Mapped, type SectionStatement } from '@chesil/contracts'
import { defined } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import {
  documentSearchToContribution,
  type GpConnectContext,
  joinContributions,
  structuredRecordToContribution
} from '@chesil/mappers'
import {
  type ClaimedAnswer,
  type Database,
  findDemographics,
  type Ids,
  isAnswer,
  type PersonState,
  packBody,
  readCompanions,
  readPersonState,
  resourceIdOf,
  settleMapped,
  settleRefused,
  unpackBody,
  workOnMessage
} from '@chesil/record-store'
import { checkContribution, type Logger } from '@chesil/service-kit'
import type { Practice } from './practices.ts'
import { documentsInterface } from './pull-job.ts'

export interface MapDeps {
  readonly database: Database
  readonly practices: ReadonlyMap<string, Practice>
  readonly validator: Validator
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  readonly leaseMs: number
  readonly onOutcome: (sourceId: string, outcome: 'mapped' | 'refused' | 'retried' | 'dead') => void
  readonly onInvalid: (sourceId: string, count: number) => void
}

/** Maps one message of the inbox; for one that is done, or in other hands, there is nothing to do. */
export async function mapJob(messageId: string, deps: MapDeps, log: Logger): Promise<void> {
  await workOnMessage(messageId, {
    ...deps,
    settle: async (message) =>
      isAnswer(message) ? await settle(message, deps) : { failed: 'not an answer of a practice' },
    onError: (error, { sourceId, attempt }) => log.error({ err: error, sourceId, attempt }, 'mapping failed')
  })
}

async function settle(message: ClaimedAnswer, deps: MapDeps): Promise<'mapped' | 'refused'> {
  const { database, ids } = deps
  const person = await readPersonState(database, message.patientId, message.authority)
  const context = person && (await contextOf(message, person, deps))
  // That PDS was last asked a day ago is no reason to lose what was accepted: nobody is served here.
  if (!person || !context || decideGate(person, deps.now()) === 'closed') {
    await database.transaction((sql) => settleRefused(sql, message, 'person-gate'))
    return 'refused'
  }
  if (isForbiddenToKeep(message, deps)) {
    await database.transaction((sql) => settleRefused(sql, message, 'retention-rule'))
    return 'refused'
  }
  const mapped = await map(message, context, deps)
  if (mapped.outcome === 'refused') {
    await database.transaction((sql) => settleRefused(sql, message, mapped.reason))
    return 'refused'
  }
  const checked = await checkContribution(mapped.contribution, { validator: deps.validator, foldEvents })
  if (checked.invalid.length > 0) deps.onInvalid(message.sourceId, checked.invalid.length)
  const text = JSON.stringify(checked.contribution)
  const body = await packBody(text)
  const contribution = { contributionId: ids.newId(), body, contentHash: ids.contentHash(text) }
  await database.transaction((sql) => settleMapped(sql, message, contribution))
  return 'mapped'
}

/** The catalogue may have changed since the practice was asked. */
const isForbiddenToKeep = ({ sourceId, authority }: ClaimedAnswer, { practices }: MapDeps): boolean =>
  authority === 'system' && practices.get(sourceId)?.source.retention === 'session'

/** @returns `undefined` where the answer cannot be checked against anybody. */
async function contextOf(
  message: ClaimedAnswer,
  person: PersonState,
  { database, practices }: MapDeps
): Promise<GpConnectContext | undefined> {
  const practice = practices.get(message.sourceId)
  const demographics = await findDemographics(database, person.patientId)
  if (!practice || !demographics || !person.nhsNumber) return undefined
  const name = demographics.name?.find(({ use }) => use === 'usual') ?? demographics.name?.[0]
  const { id, odsCode } = practice.source
  return {
    source: { id, odsCode, name: practice.source.name },
    person: defined({
      nhsNumbers: [person.nhsNumber, ...person.oldNhsNumbers],
      birthDate: demographics.birthDate,
      family: name?.family,
      given: name?.given,
      gender: demographics.gender
    }),
    // Applying turns it into whoever they have been merged into by then.
    patientId: message.patientId,
    asAt: new Date(message.sourceTime).toISOString(),
    asked: gpSections.filter((section) => section !== 'documents'),
    resourceId: (resourceType, sourceResourceId) => resourceIdOf(id, resourceType, sourceResourceId)
  }
}

/** The structured record, and with it the documents where the practice was asked for them and answered. */
async function map(
  message: ClaimedAnswer,
  context: GpConnectContext,
  { database }: MapDeps
): Promise<Mapped> {
  const structured = structuredRecordToContribution(await parse(message.body), context)
  if (structured.outcome === 'refused') return structured
  const companions = await readCompanions(database, message.id)
  const documents = companions.find((companion) => companion.interface === documentsInterface)
  if (!documents) return structured
  const found = documentSearchToContribution(await parse(documents.body), context)
  const contribution =
    found.outcome === 'mapped'
      ? joinContributions(structured.contribution, found.contribution)
      : withUnreadDocuments(structured.contribution)
  return { outcome: 'mapped', contribution }
}

/** A document list that is not this person's, or no list, does not spoil the record that came with it. */
function withUnreadDocuments(structured: Contribution): Contribution {
  const unread: SectionStatement = {
    section: 'documents',
    state: 'not-returned',
    warnings: [],
    complete: false
  }
  return { ...structured, sections: [...structured.sections, unread] }
}

/** @returns `undefined` for what is no JSON: the mapper refuses it. */
async function parse(body: Buffer | null): Promise<unknown> {
  if (!body) throw new Error('The message has no content any more')
  const text = (await unpackBody(body)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
