import {
  type Database,
  type EndpointWithKeys,
  endSubscriptionsAt,
  findEndpointWithKeys,
  recordOperatorAction,
  registerEndpoint,
  setEndpointDisabled,
  systemIds
} from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import { createOutbound, findExchangeFailure, isAddressRange } from '@chesil/source-clients'
import { parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import { assertBy, assertId, DeskRefusal } from './refusal.ts'

const timeoutMs = 15_000
const maxBytes = 65_536

/** Where partners may be told of changes: addresses that somebody of the staff has looked at. */
export function createEndpointDesk({
  database,
  sealing
}: {
  readonly database: Database
  readonly sealing: Sealing
}) {
  /** @throws DeskRefusal */
  async function find(id: string): Promise<EndpointWithKeys> {
    const endpoint = await findEndpointWithKeys(database, assertId(id))
    if (!endpoint) throw new DeskRefusal('There is no such endpoint')
    return endpoint
  }

  return {
    /**
     * @param allowedRanges CIDR ranges where it may be besides public addresses.
     * @returns its id
     * @throws DeskRefusal
     */
    async add(
      { partnerId, url, allowedRanges }: Omit<EndpointWithKeys, 'id' | 'keys' | 'disabledReason'>,
      by: string
    ): Promise<string> {
      if (!allowedRanges.every(isAddressRange)) throw new DeskRefusal('A range is written so: 10.1.2.0/24')
      if (!isAllowed(url, allowedRanges.length > 0))
        throw new DeskRefusal(
          'An endpoint is an https address without user or fragment; http is for ranges that are allowed'
        )
      const id = systemIds.newId()
      await database.transaction(async (sql) => {
        if (!(await registerEndpoint(sql, { id, partnerId, url, allowedRanges }, assertBy(by))))
          throw new DeskRefusal('There is no such partner, or it has that endpoint already')
        await recordOperatorAction(sql, { action: 'endpoint-added', partnerId, target: id, by })
      })
      return id
    },

    /** Nothing is sent there any more. @returns how many subscriptions ended. @throws DeskRefusal */
    async disable(id: string, by: string): Promise<number> {
      const { partnerId } = await find(id)
      return await database.transaction(async (sql) => {
        if (!(await setEndpointDisabled(sql, id, 'by-operator')))
          throw new DeskRefusal('It is disabled already')
        await recordOperatorAction(sql, {
          action: 'endpoint-disabled',
          partnerId,
          target: id,
          by: assertBy(by)
        })
        return await endSubscriptionsAt(sql, id, 'endpoint-disabled')
      })
    },

    /** Its subscriptions stay off until they are resumed. @throws DeskRefusal */
    async enable(id: string, by: string): Promise<void> {
      const { partnerId } = await find(id)
      await database.transaction(async (sql) => {
        if (!(await setEndpointDisabled(sql, id, undefined))) throw new DeskRefusal('It is enabled already')
        await recordOperatorAction(sql, {
          action: 'endpoint-enabled',
          partnerId,
          target: id,
          by: assertBy(by)
        })
      })
    },

    /**
     * Sends an event of no meaning, signed with the endpoint's live keys.
     *
     * @returns the status it was answered with, or a code of why it was not.
     * @throws DeskRefusal
     */
    async sendTestEvent(id: string, by: string): Promise<number | string> {
      const endpoint = await find(id)
      if (endpoint.disabledReason !== null) throw new DeskRefusal('It is disabled: enable it first')
      if (endpoint.keys.length === 0) throw new DeskRefusal('It has no key yet: add one first')
      const { partnerId } = endpoint
      await recordOperatorAction(database, {
        action: 'test-event-sent',
        partnerId,
        target: id,
        by: assertBy(by)
      })
      return await sendTest(endpoint, sealing)
    }
  }
}

export type EndpointDesk = ReturnType<typeof createEndpointDesk>

function isAllowed(text: string, isPlainAllowed: boolean): boolean {
  if (!URL.canParse(text) || text.length > 2_000) return false
  const { protocol, username, password, hash } = new URL(text)
  return (
    (protocol === 'https:' || (protocol === 'http:' && isPlainAllowed)) && username + password + hash === ''
  )
}

async function sendTest(endpoint: EndpointWithKeys, sealing: Sealing): Promise<number | string> {
  const { id, url, allowedRanges } = endpoint
  const keys = endpoint.keys.map((key) => parseSigningKey(sealing.open(key.sealed, key.id)))
  const now = Date.now()
  const content = {
    type: 'subscription.test',
    timestamp: new Date(now).toISOString(),
    data: { endpoint: id }
  }
  const body = Buffer.from(JSON.stringify(content))
  const signed = signWebhook({ id: `msg_${systemIds.newId().replaceAll('-', '')}`, now, body, keys })
  const outbound = createOutbound({ allowedAddresses: allowedRanges })
  try {
    const headers = { ...signed, 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    return (await outbound.exchange({ method: 'POST', url, headers, body, signal, maxBytes })).status
  } catch (error) {
    const failure = findExchangeFailure(error)
    if (failure === undefined) throw error
    return failure
  } finally {
    await outbound.close()
  }
}
