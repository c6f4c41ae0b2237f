import { foldEvents } from '@chesil/care-record'
import type { MessagePart } from '@chesil/contracts'
import { defined } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import {
  type DocumentToSave,
  defaultMaxDocumentBytes,
  documentHash,
  type Ids,
  type PartToSettle,
  packBody,
  resourceIdOf,
  withContentHashes
} from '@chesil/record-store'
import { checkContribution } from '@chesil/service-kit'

/** A mapped message, ready to be settled. */
export interface PreparedMessage {
  readonly parts: readonly PartToSettle[]
  readonly documents: readonly DocumentToSave[]
  /** Items that were not valid FHIR after all. */
  readonly invalid: number
}

/** Checks what a message was mapped to, parts its files from it, and packs the rest. */
export async function prepareParts(
  parts: readonly MessagePart[],
  sourceId: string,
  { validator, ids }: { readonly validator: Validator; readonly ids: Ids }
): Promise<PreparedMessage> {
  const prepared: PartToSettle[] = []
  const documents: DocumentToSave[] = []
  let invalid = 0
  for (const part of parts) {
    const files = filesOf(part, sourceId)
    const checked = await checkContribution(part.contribution, { validator, foldEvents })
    const hashes = new Map(files.map(({ resourceId, bytes }) => [resourceId, documentHash(bytes)]))
    const entries = withContentHashes(checked.contribution.entries, hashes)
    const content: MessagePart = {
      ...part,
      contribution: { ...checked.contribution, entries },
      documents: []
    }
    const text = JSON.stringify(content)
    const body = await packBody(text)
    const { local } = part.subject
    const { sourceTime, sourceSequence } = part
    const order = defined({ sourceTime, sourceSequence })
    prepared.push({ contributionId: ids.newId(), local, body, contentHash: ids.contentHash(text), ...order })
    documents.push(...files)
    invalid += checked.invalid.length
  }
  return { parts: prepared, documents, invalid }
}

/** A file beyond the cap is not kept: its Binary answers that it is not. */
const filesOf = ({ documents }: MessagePart, sourceId: string): readonly DocumentToSave[] =>
  documents
    .map(({ sourceResourceId, contentType, base64 }) => ({
      resourceId: resourceIdOf(sourceId, 'Binary', sourceResourceId),
      contentType,
      bytes: Buffer.from(base64, 'base64')
    }))
    .filter(({ bytes }) => bytes.length <= defaultMaxDocumentBytes)
