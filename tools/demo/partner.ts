import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Source } from '@chesil/contracts'
import {
  addPartnerKey,
  createDatabase,
  listPartnerKeys,
  registerPartner,
  revokePartnerKey
} from '@chesil/record-store'
import { createSealing } from '@chesil/service-kit'
import { fingerprintOf, generateKey } from '@chesil/webhook-signatures'
import { type DemoKeys, writePrivateFile } from './keys.ts'

/** A partner system of the first made-up trust. */
export interface DemoPartner {
  readonly id: string
  /** The partner gateway; no trailing slash. */
  readonly url: string
  /** What it signs with, `whsec_…`: for its system alone. */
  readonly keyFile: string
  /** Catalogue source as which its FHIR stands in a record. */
  readonly sourceId: string
}

const by = 'demo'

/** Registers the partner, with a key that is kept from start to start. @returns `undefined` where no trust is. */
export async function registerDemoPartner(
  sources: readonly Source[],
  { url, postgres, keys, keyFile }: { url: string; postgres: string; keys: DemoKeys; keyFile: string }
): Promise<DemoPartner | undefined> {
  const pushed = sources.find(({ kind }) => kind === 'fhir-sender')
  if (!pushed) return undefined
  const own = sources.filter(({ odsCode }) => odsCode === pushed.odsCode).map(({ id }) => id)
  const id = `${pushed.odsCode.toLowerCase()}-engine`
  const database = createDatabase({ url: postgres, applicationName: 'demo' })
  try {
    const partner = { id, name: `${pushed.name}, integration engine`, odsCode: pushed.odsCode }
    await registerPartner(database, { ...partner, sourceIds: own, clientId: null }, by)
    const live = (await listPartnerKeys(database, id)).filter(({ revokedAt }) => revokedAt === null)
    const kept = existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : undefined
    if (kept === undefined || !live.some(({ fingerprint }) => fingerprint === fingerprintOf(kept))) {
      for (const key of live) await revokePartnerKey(database, key.id, by)
      const text = generateKey('v1').signing
      const keyId = randomUUID()
      const sealed = createSealing(readFileSync(keys.partnerKeys, 'utf8').trim()).seal(text, keyId)
      const key = { id: keyId, partnerId: id, endpointId: null, scheme: 'v1' as const, sealed }
      await database.transaction((sql) =>
        addPartnerKey(sql, { ...key, fingerprint: fingerprintOf(text) }, by)
      )
      writePrivateFile(keyFile, text)
    }
    return { id, url, keyFile, sourceId: pushed.id }
  } finally {
    await database.close()
  }
}
