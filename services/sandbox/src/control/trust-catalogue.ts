import type { FhirEndpoint, FhirSender, Hl7v2Sender, Itk3Sender, Source } from '@chesil/contracts'
import type { Trust } from '@chesil/synthetic'
import { fhirRoot, tokenUrl } from '../fhir-r4/access.ts'
import { itemTypes } from '../fhir-r4/capability.ts'

export interface TrustCatalogueOptions {
  readonly baseUrl: string
  readonly clientId: string
  /** Named, not written: `env:NAME` or `file:/path`. */
  readonly privateKey: string
  /** By which the sandbox knows that key; absent: by its thumbprint. */
  readonly keyId?: string
}

/** A trust is four sources: what its engine sends, its ITK3 documents, its FHIR endpoint, and what it pushes as FHIR. */
export function trustToSources(
  { odsCode, name, telephone, applications }: Trust,
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
  const engine: Hl7v2Sender = {
    ...source,
    id: `hl7v2-${code}`,
    kind: 'hl7v2',
    senders: Object.values(applications).map((application) => ({ application, facility: odsCode }))
  }
  const documents: Itk3Sender = { ...source, id: `itk3-${code}`, kind: 'itk3' }
  const pushed: FhirSender = { ...source, id: `push-${code}`, kind: 'fhir-sender' }
  const endpoint: FhirEndpoint = {
    ...source,
    id: `fhir-${code}`,
    kind: 'fhir-r4',
    ask: 'known',
    endpoint: {
      baseUrl: fhirRoot(baseUrl, odsCode),
      tokenUrl: tokenUrl(baseUrl, odsCode),
      clientId,
      privateKey,
      ...(keyId !== undefined && { keyId }),
      keyAlgorithm: 'ES384',
      allowedAddresses: ['127.0.0.0/8']
    },
    types: [...itemTypes],
    sweepMinutes: 1_440,
    timeoutMs: 5_000,
    maxAnswerBytes: 67_108_864,
    concurrency: 4,
    refreshMinutes: 60
  }
  return [engine, documents, pushed, endpoint]
}
