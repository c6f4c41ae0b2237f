import { findOdsCode } from '@chesil/fhir'
import {
  type Database,
  recordOperatorAction,
  registerPartner,
  resumePartner,
  retryWebhooks,
  suspendPartner
} from '@chesil/record-store'
import { assertBy, assertId, DeskRefusal } from './refusal.ts'

export interface Registration {
  /** Ours, for ever: it stands in addresses. */
  readonly id: string
  readonly name: string
  /** ODS code. */
  readonly organisation: string
  /** Sources of the catalogue that it speaks for. */
  readonly sourceIds: readonly string[]
  /** `sub` of its access tokens, where it brings tokens in place of signatures. */
  readonly clientId?: string
}

const idPattern = /^[a-z0-9][a-z0-9-]{1,40}$/
const mostName = 200

/** Who may send, and is told of changes. */
export function createPartnerDesk(database: Database) {
  /** Changes and writes down who decided so, or neither. @throws DeskRefusal where nothing changed. */
  async function change(
    id: string,
    by: string,
    action: 'partner-suspended' | 'partner-resumed'
  ): Promise<void> {
    await database.transaction(async (sql) => {
      const isSuspending = action === 'partner-suspended'
      const isChanged = isSuspending
        ? await suspendPartner(sql, id, assertBy(by))
        : await resumePartner(sql, id)
      if (!isChanged) throw new DeskRefusal('Nothing changed: there is no such partner, or it was so already')
      await recordOperatorAction(sql, { action, partnerId: id, by: assertBy(by) })
    })
  }

  return {
    /** @throws DeskRefusal */
    async register(registration: Registration, by: string): Promise<void> {
      const { id, name, organisation, sourceIds, clientId = null } = registration
      if (!idPattern.test(id))
        throw new DeskRefusal('An id is 2 to 41 lower-case letters, digits and hyphens')
      if (name.trim() === '' || name.length > mostName)
        throw new DeskRefusal('A name has 1 to 200 characters')
      const odsCode = findOdsCode(organisation)
      if (odsCode === undefined) throw new DeskRefusal('The organisation is no ODS code')
      const partner = { id, name, odsCode, sourceIds: [...sourceIds], clientId }
      await database.transaction(async (sql) => {
        if (!(await registerPartner(sql, partner, assertBy(by))))
          throw new DeskRefusal('There is a partner of this id, or with this client, already')
        await recordOperatorAction(sql, { action: 'partner-registered', partnerId: id, by })
      })
    },

    /** It is refused from now on, and told of nothing. @throws DeskRefusal */
    suspend: (id: string, by: string): Promise<void> => change(id, by, 'partner-suspended'),

    /** @throws DeskRefusal */
    resume: (id: string, by: string): Promise<void> => change(id, by, 'partner-resumed'),

    /** Events of partners that failed are tried again: all, of one partner, or one by the id of its receipt. */
    async retryEvents(
      which: { readonly partnerId?: string; readonly id?: string },
      by: string
    ): Promise<number> {
      if (which.id !== undefined) assertId(which.id)
      return await database.transaction(async (sql) => {
        const count = await retryWebhooks(sql, which)
        const { partnerId = null, id } = which
        const target = id ?? `${count} events`
        await recordOperatorAction(sql, { action: 'events-retried', partnerId, target, by: assertBy(by) })
        return count
      })
    }
  }
}

export type PartnerDesk = ReturnType<typeof createPartnerDesk>
