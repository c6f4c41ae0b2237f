import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { addPartnerKey, type Database, registerPartner } from '@chesil/record-store'
import { createSealing } from '@chesil/service-kit'
import { fingerprintOf, generateKey, parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import { Agent, request } from 'undici'

/** A partner of a stack: its system signs with one key. */
export async function registerPartnerSystem(
  database: Database,
  {
    id,
    odsCode,
    sourceIds,
    secretFile
  }: { id: string; odsCode: string; sourceIds: string[]; secretFile: string }
) {
  const partner = { id, name: id, odsCode, sourceIds, clientId: null }
  if (!(await registerPartner(database, partner, 'test'))) throw new Error(`${id} is there already`)
  const text = generateKey('v1').signing
  const keyId = randomUUID()
  const sealed = createSealing(readFileSync(secretFile, 'utf8').trim()).seal(text, keyId)
  const key = { id: keyId, partnerId: id, endpointId: null, scheme: 'v1' as const, sealed }
  await database.transaction((sql) =>
    addPartnerKey(sql, { ...key, fingerprint: fingerprintOf(text) }, 'test')
  )
  const keys = [parseSigningKey(text)]
  const agent = new Agent({ connections: 32, pipelining: 1, headersTimeout: 20_000, connectTimeout: 2_000 })
  const sign = (body: Uint8Array, eventId: string = randomUUID()) => ({
    ...signWebhook({ id: eventId, now: Date.now(), body, keys })
  })

  return {
    id,
    sign,

    /** @returns the status and what was answered; throws where nobody answers. */
    async send(
      gateway: string,
      eventId: string,
      body: string,
      contentType = 'application/fhir+json',
      below = ''
    ) {
      const bytes = Buffer.from(body)
      const answer = await request(`${gateway}/webhooks/${id}${below}`, {
        method: 'POST',
        headers: { 'content-type': contentType, ...sign(bytes, eventId) },
        body: bytes,
        dispatcher: agent
      })
      return { status: answer.statusCode, text: await answer.body.text() }
    },

    async ask<Body>(gateway: string, path: string): Promise<Body> {
      const answer = await request(`${gateway}${path}`, {
        headers: { 'chesil-partner': id, ...sign(Buffer.alloc(0)) },
        dispatcher: agent
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text}`)
      return JSON.parse(text) as Body
    },

    /** Of its subscriptions. @returns what was answered; throws where that is no success. */
    async post<Body>(gateway: string, path: string, content: object): Promise<Body> {
      const body = Buffer.from(JSON.stringify(content))
      const answer = await request(`${gateway}${path}`, {
        method: 'POST',
        headers: { 'chesil-partner': id, 'content-type': 'application/fhir+json', ...sign(body) },
        body,
        dispatcher: agent
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as Body
    },

    close: () => agent.destroy()
  }
}

export type PartnerSystem = Awaited<ReturnType<typeof registerPartnerSystem>>
