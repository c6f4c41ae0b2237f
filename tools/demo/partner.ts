import { existsSync, readFileSync } from 'node:fs'
import type { Source } from '@chesil/contracts'
import { createKeyDesk, createPartnerDesk } from '@chesil/partner-desk'
import { createDatabase, type Database, findPartner, listPartnerKeys } from '@chesil/record-store'
import { createSealing, type Sealing } from '@chesil/service-kit'
import { fingerprintOf } from '@chesil/webhook-signatures'
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
  const id = `${pushed.odsCode.toLowerCase()}-engine`
  const database = createDatabase({ url: postgres, applicationName: 'demo' })
  try {
    if (!(await findPartner(database, id))) {
      const sourceIds = sources.filter(({ odsCode }) => odsCode === pushed.odsCode).map((source) => source.id)
      const name = `${pushed.name}, integration engine`
      await createPartnerDesk(database).register({ id, name, organisation: pushed.odsCode, sourceIds }, by)
    }
    await ensureKey(
      { database, sealing: createSealing(readFileSync(keys.partnerKeys, 'utf8').trim()) },
      id,
      keyFile
    )
    return { id, url, keyFile, sourceId: pushed.id }
  } finally {
    await database.close()
  }
}

/** Whoever lost the file gets another key in place of those there were. */
async function ensureKey(
  desk: { readonly database: Database; readonly sealing: Sealing },
  partnerId: string,
  keyFile: string
): Promise<void> {
  const live = (await listPartnerKeys(desk.database, partnerId)).filter(({ revokedAt }) => revokedAt === null)
  const kept = existsSync(keyFile) ? fingerprintOf(readFileSync(keyFile, 'utf8').trim()) : undefined
  if (live.some(({ fingerprint }) => fingerprint === kept)) return
  const keys = createKeyDesk(desk)
  for (const { id } of live) await keys.revoke(id, by)
  const { shown } = await keys.add(partnerId, undefined, by)
  if (shown === undefined) throw new Error('A key that is made here is shown')
  writePrivateFile(keyFile, shown)
}
