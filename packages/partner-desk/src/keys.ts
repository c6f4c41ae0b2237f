import {
  addPartnerKey,
  type Database,
  findEndpointWithKeys,
  type KeyScheme,
  recordOperatorAction,
  revokePartnerKey,
  systemIds
} from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import { fingerprintOf, generateKey, parseVerifyingKey } from '@chesil/webhook-signatures'
import { assertBy, assertId, DeskRefusal } from './refusal.ts'

export interface NewKey {
  readonly id: string
  readonly scheme: KeyScheme
  /** By which people tell keys apart. */
  readonly fingerprint: string
  /** What the partner needs, to be shown once; absent where the partner brought its own public key. */
  readonly shown?: string
}

/** Keys of partners: what they send is verified with, and what is sent to their endpoints is signed with. */
export function createKeyDesk({
  database,
  sealing
}: {
  readonly database: Database
  readonly sealing: Sealing
}) {
  async function save(
    { partnerId, endpointId }: { readonly partnerId: string; readonly endpointId: string | null },
    {
      kept,
      verifying,
      scheme
    }: { readonly kept: string; readonly verifying: string; readonly scheme: KeyScheme },
    by: string
  ): Promise<Omit<NewKey, 'shown'>> {
    const id = systemIds.newId()
    const key = { id, scheme, fingerprint: fingerprintOf(verifying) }
    const sealed = sealing.seal(kept, id)
    await database.transaction(async (sql) => {
      const outcome = await addPartnerKey(sql, { ...key, partnerId, endpointId, sealed }, assertBy(by))
      if (outcome === 'unknown') throw new DeskRefusal('There is no such partner')
      if (outcome === 'full') throw new DeskRefusal('Two keys are live: revoke one of them first')
      await recordOperatorAction(sql, { action: 'key-added', partnerId, target: id, by })
    })
    return key
  }

  return {
    /**
     * Makes a secret that a partner signs with; or takes the public key of one that signs with ed25519.
     *
     * @throws DeskRefusal
     */
    async add(partnerId: string, publicKey: string | undefined, by: string): Promise<NewKey> {
      const owner = { partnerId, endpointId: null }
      if (publicKey === undefined) {
        const { verifying } = generateKey('v1')
        return { ...(await save(owner, { kept: verifying, verifying, scheme: 'v1' }, by)), shown: verifying }
      }
      const scheme = schemeOf(publicKey)
      if (scheme !== 'v1a')
        throw new DeskRefusal('A public key begins with whpk_: a secret is made here, not brought')
      return await save(owner, { kept: publicKey, verifying: publicKey, scheme }, by)
    },

    /** Makes a key that what is sent to an endpoint is signed with. @throws DeskRefusal */
    async addToEndpoint(endpointId: string, scheme: string, by: string): Promise<NewKey> {
      if (scheme !== 'v1' && scheme !== 'v1a') throw new DeskRefusal('A scheme is v1 or v1a')
      const endpoint = await findEndpointWithKeys(database, assertId(endpointId))
      if (!endpoint) throw new DeskRefusal('There is no such endpoint')
      const { signing, verifying } = generateKey(scheme)
      const { partnerId } = endpoint
      const key = await save({ partnerId, endpointId }, { kept: signing, verifying, scheme }, by)
      return { ...key, shown: verifying }
    },

    /** Whatever is signed with it is refused, within seconds. @throws DeskRefusal */
    async revoke(id: string, by: string): Promise<void> {
      assertId(id)
      await database.transaction(async (sql) => {
        const partnerId = await revokePartnerKey(sql, id, assertBy(by))
        if (partnerId === undefined) throw new DeskRefusal('No such key is live')
        await recordOperatorAction(sql, { action: 'key-revoked', partnerId, target: id, by })
      })
    }
  }
}

export type KeyDesk = ReturnType<typeof createKeyDesk>

function schemeOf(text: string): KeyScheme {
  try {
    return parseVerifyingKey(text).scheme
  } catch {
    throw new DeskRefusal('This is no key: a public key begins with whpk_')
  }
}
