import { gzipSync } from 'node:zlib'
import type {
  ClaimedSubject,
  ContributionEntry,
  IdentityStatement,
  ItemEvent,
  LocalIdentifier,
  MessagePart
} from '@chesil/contracts'
import { chesil, type Encounter, type Observation, systems } from '@chesil/fhir'
import { type Database, personIdOf, resourceIdOf, settleParts, systemIds } from '@chesil/record-store'
import { apply } from './contributions.ts'

/** The trust's own number of a patient. */
export const local = (value: string, odsCode = 'RXX'): LocalIdentifier => ({
  system: chesil.patientNumber(odsCode),
  value
})

/** Somebody as the trust knows them: Ada Weir, whom PDS knows by the same name and birth date (see people.ts). */
export const subject = (value: string, changes: Partial<ClaimedSubject> = {}): ClaimedSubject => ({
  local: local(value),
  family: 'Weir',
  given: ['Ada'],
  birthDate: '1950-04-21',
  ...changes
})

/** Messages of one trust, as its mapper leaves them. */
export function createTrust(db: () => Database, sourceId = 'rxx-hl7') {
  let messages = 0

  const result = (of: string, name: string, changes: Partial<Observation> = {}): ContributionEntry => {
    const sourceResourceId = `result/${name}`
    return {
      resourceType: 'Observation',
      sourceResourceId,
      sections: ['investigations'],
      resource: {
        resourceType: 'Observation',
        id: resourceIdOf(sourceId, 'Observation', sourceResourceId),
        status: 'final',
        code: { text: name },
        subject: { reference: `Patient/${personIdOf(local(of))}` },
        ...changes
      }
    }
  }

  const visitId = (name: string) => resourceIdOf(sourceId, 'Encounter', `visit/${name}`)

  const visit = (of: string, name: string, event: Partial<ItemEvent> = {}): ContributionEntry => {
    const base: Encounter = {
      resourceType: 'Encounter',
      id: visitId(name),
      status: 'unknown',
      class: { system: systems.actCode, code: 'IMP' },
      subject: { reference: `Patient/${personIdOf(local(of))}` }
    }
    return {
      resourceType: 'Encounter',
      sourceResourceId: `visit/${name}`,
      sections: ['admissions'],
      event: { base, kind: 'update', set: {}, ...event }
    }
  }

  /** Puts a part where mapping would have put it. @returns the contribution's id. */
  async function send(part: Partial<MessagePart> & Pick<MessagePart, 'subject'>, at: number) {
    const messageId = systemIds.newId()
    const contributionId = systemIds.newId()
    const whole: MessagePart = {
      contribution: { mode: 'delta', sections: [], entries: [], quarantined: [] },
      identity: [],
      documents: [],
      ...part
    }
    await db().query(
      `insert into inbox_message (id, source_id, interface, authority, idempotency_key, source_time, body, body_hash)
       values ($1::uuid, $2, 'hl7v2', 'system', ($1::uuid)::text, $3, '', '')`,
      [messageId, sourceId, new Date(at)]
    )
    const text = JSON.stringify(whole)
    await db().transaction((sql) =>
      settleParts(
        sql,
        { id: messageId, sourceId, authority: 'system' },
        {
          sourceTime: new Date(at).toISOString(),
          sourceSequence: 0,
          parts: [
            {
              contributionId,
              local: whole.subject.local,
              body: gzipSync(text),
              contentHash: systemIds.contentHash(text)
            }
          ],
          documents: []
        }
      )
    )
    return contributionId
  }

  return {
    sourceId,
    result,
    visit,
    visitId,
    send,

    /** @param at ms since 1970; later than whatever was said before when absent. @returns what became of it. */
    async say(
      who: ClaimedSubject | string,
      entries: readonly ContributionEntry[] = [],
      {
        identity = [],
        at = Date.UTC(2026, 0, 1) + ++messages * 60_000,
        wholeParts
      }: {
        readonly identity?: readonly IdentityStatement[]
        readonly at?: number
        readonly wholeParts?: readonly string[]
      } = {}
    ) {
      const contribution = {
        mode: 'delta' as const,
        sections: [],
        entries,
        quarantined: [],
        ...(wholeParts && { wholeParts })
      }
      const part = { subject: typeof who === 'string' ? subject(who) : who, contribution, identity }
      return await apply(db(), await send(part, at))
    }
  }
}

export const merge = (from: string, into: string): IdentityStatement => ({
  kind: 'merge',
  from: local(from),
  into: local(into)
})
