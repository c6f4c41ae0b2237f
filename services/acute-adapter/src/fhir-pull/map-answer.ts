import { decideGate, foldEvents } from '@chesil/care-record'
import { defined } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import { type FhirR4Context, fhirR4SearchToContribution, withoutInvalid } from '@chesil/mappers'
import {
  type ClaimedAnswer,
  type Database,
  findDemographics,
  type Ids,
  type PersonState,
  packBody,
  readPersonState,
  resourceIdOf,
  settleMapped,
  settleRefused,
  unpackBody
} from '@chesil/record-store'
import { checkContribution } from '@chesil/service-kit'
import type { Endpoint } from './endpoints.ts'

export interface MapAnswerDeps {
  readonly database: Database
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly validator: Validator
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  readonly onInvalid: (sourceId: string, count: number) => void
}

/** Maps what a FHIR endpoint answered, once it is in hand. */
export async function settleFhirAnswer(
  message: ClaimedAnswer,
  deps: MapAnswerDeps
): Promise<'mapped' | 'refused'> {
  const { database, ids } = deps
  const person = await readPersonState(database, message.patientId, message.authority)
  const context = person && (await contextOf(message, person, deps))
  // That PDS was last asked a day ago is no reason to lose what was accepted: nobody is served here.
  if (!person || !context || decideGate(person, deps.now()) === 'closed') {
    await database.transaction((sql) => settleRefused(sql, message, 'person-gate'))
    return 'refused'
  }
  const answer = await parse(message.body)
  const mapped = fhirR4SearchToContribution(answer, context)
  if (mapped.outcome === 'refused') {
    await database.transaction((sql) => settleRefused(sql, message, mapped.reason))
    return 'refused'
  }
  const { validator } = deps
  const { invalid } = await checkContribution(mapped.contribution, { validator, foldEvents })
  if (invalid.length > 0) deps.onInvalid(message.sourceId, invalid.length)
  const text = JSON.stringify(withoutInvalid(mapped.contribution, invalid, answer))
  const body = await packBody(text)
  const contribution = { contributionId: ids.newId(), body, contentHash: ids.contentHash(text) }
  await database.transaction((sql) => settleMapped(sql, message, contribution))
  return 'mapped'
}

/** @returns `undefined` where the answer cannot be checked against anybody. */
async function contextOf(
  { sourceId, patientId }: ClaimedAnswer,
  person: PersonState,
  { database, endpoints, validator }: MapAnswerDeps
): Promise<FhirR4Context | undefined> {
  const endpoint = endpoints.get(sourceId)
  const demographics = await findDemographics(database, person.patientId)
  if (!endpoint || !demographics || !person.nhsNumber) return undefined
  const name = demographics.name?.find(({ use }) => use === 'usual') ?? demographics.name?.[0]
  const { id, odsCode, name: sourceName } = endpoint.source
  return {
    source: { id, odsCode, name: sourceName, baseUrl: endpoint.source.endpoint.baseUrl },
    person: defined({
      nhsNumbers: [person.nhsNumber, ...person.oldNhsNumbers],
      birthDate: demographics.birthDate,
      family: name?.family,
      given: name?.given,
      gender: demographics.gender
    }),
    // Applying turns it into whoever they have been merged into by then.
    patientId,
    resourceId: (resourceType, sourceResourceId) => resourceIdOf(id, resourceType, sourceResourceId),
    isValid: (resource) => validator.validate(resource).length === 0
  }
}

async function parse(body: Buffer | null): Promise<unknown> {
  if (!body) throw new Error('The message has no content any more')
  return JSON.parse((await unpackBody(body)).toString('utf8'))
}
