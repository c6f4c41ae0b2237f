import type { CldSender, CouncilApi, Source } from '@chesil/contracts'
import type { CouncilOrganisation } from '@chesil/synthetic'
import { councilRoot, councilTokenUrl } from '../council/addresses.ts'
import type { TrustCatalogueOptions } from './trust-catalogue.ts'

/** A council is two sources: the extracts that it sends, and its API. */
export function councilToSources(
  { odsCode, laCode, name, telephone }: CouncilOrganisation,
  { baseUrl, clientId, privateKey, keyId }: TrustCatalogueOptions
): readonly Source[] {
  const code = odsCode.toLowerCase()
  const source = {
    odsCode,
    name,
    telephone,
    releaseStage: 'live',
    retention: 'store',
    agreement: `Sandbox agreement of ${name}, for made-up people only`
  } as const
  const extracts: CldSender = { ...source, id: `cld-${code}`, kind: 'cld', laCode }
  const api: CouncilApi = {
    ...source,
    id: `council-${code}`,
    kind: 'council-api',
    sessionMinutes: 30,
    ask: 'known',
    endpoint: {
      baseUrl: councilRoot(baseUrl, odsCode),
      tokenUrl: councilTokenUrl(baseUrl, odsCode),
      clientId,
      privateKey,
      ...(keyId !== undefined && { keyId }),
      keyAlgorithm: 'ES384',
      allowedAddresses: ['127.0.0.0/8']
    },
    sweepMinutes: 1_440,
    timeoutMs: 5_000,
    maxAnswerBytes: 1_048_576,
    concurrency: 4,
    refreshMinutes: 60
  }
  return [extracts, api]
}
