import { ownSources, type SourceCatalogue } from '@chesil/contracts'
import type { PartnerWithKeys } from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import { parseVerifyingKey, type VerifyingKey } from '@chesil/webhook-signatures'

/** A partner that may send, with its keys opened. */
export interface KnownPartner extends Omit<PartnerWithKeys, 'keys'> {
  readonly keys: readonly VerifyingKey[]
}

/** A key that is revoked, or a partner that is suspended, is refused everywhere after so many ms. */
const rememberedMs = 1_000
const mostRemembered = 1_000

/**
 * Partners by id, as they stood at most a second ago: opening keys for each of hundreds of events a second would cost
 * more than the events.
 */
export function createKnownPartners({
  find,
  catalogue,
  sealing,
  onUnopened,
  now
}: {
  readonly find: (id: string) => Promise<PartnerWithKeys | undefined>
  readonly catalogue: Pick<SourceCatalogue, 'sources'>
  readonly sealing: Sealing
  /** A key that this process cannot open verifies nothing; the partner's other keys do. */
  readonly onUnopened: (keyId: string) => void
  readonly now: () => number
}) {
  const remembered = new Map<
    string,
    { readonly at: number; readonly partner: Promise<KnownPartner | undefined> }
  >()

  async function read(id: string): Promise<KnownPartner | undefined> {
    const partner = await find(id)
    if (!partner || partner.isSuspended) return undefined
    return {
      ...partner,
      sourceIds: ownSources(partner, catalogue).map((source) => source.id),
      keys: partner.keys.flatMap(openKey)
    }
  }

  function openKey({ id, sealed }: PartnerWithKeys['keys'][number]): readonly VerifyingKey[] {
    try {
      return [parseVerifyingKey(sealing.open(sealed, id))]
    } catch {
      onUnopened(id)
      return []
    }
  }

  /** @returns `undefined` for one that is unknown or suspended. */
  return async (id: string): Promise<KnownPartner | undefined> => {
    const known = remembered.get(id)
    if (known && now() - known.at < rememberedMs) return await known.partner
    const partner = read(id)
    // Whoever asks for invented names must not fill the memory.
    if (remembered.size >= mostRemembered) remembered.clear()
    remembered.set(id, { at: now(), partner })
    partner.catch(() => remembered.delete(id))
    return await partner
  }
}

export type FindKnownPartner = ReturnType<typeof createKnownPartners>
