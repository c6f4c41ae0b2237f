import { OutcomeError } from '@chesil/fhir'
import { findPersonByIdentifier } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { findOrTrace } from './open-person.ts'
import { parsePatientQuery } from './patient-query.ts'

/**
 * Whom a search means by `patient.identifier`: by NHS number it is also the first contact with somebody not met yet, as
 * a search for the Patient is.
 *
 * @throws OutcomeError `invalid` for what is no identifier; `forbidden` for a reader who may not look for people.
 */
export async function findByIdentifier(
  request: FastifyRequest,
  identifier: string,
  deps: Deps
): Promise<string | undefined> {
  const { query } = parsePatientQuery([['identifier', identifier]], 'strict')
  if (!request.access.mayRead('Patient'))
    throw new OutcomeError('forbidden', 'The role or the token’s scopes do not allow Patient')
  if (query.by === 'local-number') return await findPersonByIdentifier(deps.database, query.identifier)
  if (query.by !== 'nhs-number') return undefined
  return await findOrTrace(query.nhsNumber, { reader: request.access.reader, requestId: request.id }, deps)
}
