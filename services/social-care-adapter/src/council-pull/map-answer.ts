import { compareDemographics, decideGate, foldEvents } from '@chesil/care-record'
import { defined } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import { type CouncilContext, councilAnswerToContribution } from '@chesil/mappers'
import {
  type ClaimedAnswer,
  type Database,
  findDemographics,
  type Ids,
  type PersonState,
  packBody,
  readPersonState,
  settleMapped,
  settleRefused,
  unpackBody
} from '@chesil/record-store'
import { checkContribution } from '@chesil/service-kit'
import { contextOf } from '../message-context.ts'
import type { CouncilEndpoint } from './endpoints.ts'

export interface CouncilAnswerDeps {
  readonly database: Database
  /** By catalogue id. */
  readonly endpoints: ReadonlyMap<string, Pick<CouncilEndpoint, 'source'>>
  readonly validator: Validator
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  readonly onInvalid: (sourceId: string, count: number) => void
}

/** Maps what a council answered, once it is in hand. */
export async function settleCouncilAnswer(
  message: ClaimedAnswer,
  deps: CouncilAnswerDeps
): Promise<'mapped' | 'refused'> {
  const { database, ids, validator } = deps
  const refuse = async (reason: Parameters<typeof settleRefused>[2]) => {
    await database.transaction((sql) => settleRefused(sql, message, reason))
    return 'refused' as const
  }
  const person = await readPersonState(database, message.patientId, message.authority)
  const context = person && (await findContext(message, person, deps))
  // That PDS was last asked a day ago is no reason to lose what was accepted: nobody is served here.
  if (!person || !context || decideGate(person, deps.now()) === 'closed') return await refuse('person-gate')
  if (isForbiddenToKeep(message, deps)) return await refuse('retention-rule')
  const mapped = councilAnswerToContribution(await parse(message.body), context)
  if (mapped.outcome === 'refused') return await refuse(mapped.reason)
  const { contribution, invalid } = await checkContribution(mapped.contribution, { validator, foldEvents })
  if (invalid.length > 0) deps.onInvalid(message.sourceId, invalid.length)
  const text = JSON.stringify(contribution)
  const body = await packBody(text)
  await database.transaction((sql) =>
    settleMapped(sql, message, {
      contributionId: ids.newId(),
      body,
      contentHash: ids.contentHash(text)
    })
  )
  return 'mapped'
}

/** The catalogue may have changed since the council was asked. */
const isForbiddenToKeep = (
  { sourceId, authority }: ClaimedAnswer,
  { endpoints }: CouncilAnswerDeps
): boolean => authority === 'system' && endpoints.get(sourceId)?.source.retention === 'session'

/** @returns `undefined` where the answer cannot be checked against anybody. */
async function findContext(
  { sourceId, patientId, sourceTime }: ClaimedAnswer,
  person: PersonState,
  { database, endpoints }: CouncilAnswerDeps
): Promise<CouncilContext | undefined> {
  const endpoint = endpoints.get(sourceId)
  const demographics = await findDemographics(database, person.patientId)
  if (!endpoint || !demographics || !person.nhsNumber) return undefined
  const name = demographics.name?.find(({ use }) => use === 'usual') ?? demographics.name?.[0]
  const { source, resourceId } = contextOf(endpoint.source, new Date(sourceTime).toISOString())
  return {
    source,
    person: defined({
      nhsNumbers: [person.nhsNumber, ...person.oldNhsNumbers],
      birthDate: demographics.birthDate,
      family: name?.family,
      given: name?.given,
      gender: demographics.gender
    }),
    judge: (claimed) => compareDemographics(claimed, demographics),
    // Applying turns it into whoever they have been merged into by then.
    patientId,
    resourceId
  }
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
