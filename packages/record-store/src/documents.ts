import { createHash } from 'node:crypto'
import type { ContributionEntry } from '@chesil/contracts'
import { type Binary, chesil } from '@chesil/fhir'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { type PurgedRow, recordPurge } from './purge-record.ts'

/** The largest file that is taken in unless a deployment says otherwise. */
export const defaultMaxDocumentBytes = 20_971_520

export interface DocumentToSave {
  /** Chesil's id of the Binary that stands for it. */
  readonly resourceId: string
  /** As the source says. */
  readonly contentType: string
  readonly bytes: Uint8Array
}

/**
 * Keeps the files of a message, each content once. Runs in the transaction that settles the message; saying it
 * again changes nothing. A Binary may come with another content later: both are kept, and its entry says which it
 * means (`withContentHashes`).
 *
 * @returns by the Binary's id, the hash of its content.
 */
export async function saveDocuments(
  sql: Sql,
  sourceId: string,
  documents: readonly DocumentToSave[]
): Promise<ReadonlyMap<string, string>> {
  const hashed = documents.map((document) => ({ ...document, hash: documentHash(document.bytes) }))
  for (const { resourceId, contentType, bytes, hash } of hashed.toSorted(byHash)) {
    await saveContent(sql, hash, bytes)
    await sql.query(
      `insert into document_use (resource_id, hash, source_id, content_type) values ($1, $2, $3, $4)
         on conflict do nothing`,
      [resourceId, hash, sourceId, contentType]
    )
  }
  return new Map(hashed.map(({ resourceId, hash }) => [resourceId, hash]))
}

/** Under which a content is kept: SHA-256 in base64url. */
export const documentHash = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url')

/** Locks are taken in one order. */
const byHash = (a: { readonly hash: string }, b: { readonly hash: string }): number =>
  a.hash < b.hash ? -1 : 1

/** Locks the content against being purged until its use is committed; what is there already is not sent again. */
async function saveContent(sql: Sql, hash: string, bytes: Uint8Array): Promise<void> {
  const known = await sql.query('select from document where hash = $1 for key share', [hash])
  if (known.length > 0) return
  await sql.query(
    `insert into document (hash, bytes, size) values ($1, $2, $3)
       on conflict (hash) do update set size = excluded.size`,
    [hash, bytes, bytes.length]
  )
}

export interface KeptDocument {
  /** SHA-256 of the content, in base64url. */
  readonly hash: string
  /** In bytes. */
  readonly size: number
  /** As the source said. */
  readonly contentType: string
}

/**
 * The entries of a contribution, each Binary tagged with what it holds: so that the content follows the source's
 * order as every other wording does, and another content is another version.
 *
 * @param hashes Of `saveDocuments`.
 */
export function withContentHashes(
  entries: readonly ContributionEntry[],
  hashes: ReadonlyMap<string, string>
): readonly ContributionEntry[] {
  return entries.map((entry) => {
    const { resource } = entry
    const code = resource?.resourceType === 'Binary' && hashes.get(resource.id ?? '')
    if (!resource || !code) return entry
    const tag = [...(resource.meta?.tag ?? []), { system: chesil.contentHash, code }]
    return { ...entry, resource: { ...resource, meta: { ...resource.meta, tag } } }
  })
}

/**
 * @param binary As it is shown.
 * @returns what it holds; `undefined` when that is not kept here, or not any more, or could be one of several.
 */
export async function findDocument(sql: Sql, { id, meta }: Binary): Promise<KeptDocument | undefined> {
  const hash = meta?.tag?.find(({ system }) => system === chesil.contentHash)?.code
  const [row, another] = await sql.query<KeptDocument>(
    `select hash, size, content_type as "contentType" from document_use join document using (hash)
      where resource_id = $1 and ($2::text is null or hash = $2) limit 2`,
    [id, hash ?? null]
  )
  return another ? undefined : row
}

/** So much of a file is in memory at a time, a few times over while it is decoded. */
const pieceBytes = 262_144

/**
 * The bytes `[from, to)` of a content, piece by piece. No connection is held between pieces, however slow
 * whoever takes them.
 *
 * @throws Error when it was purged meanwhile.
 */
export async function* readDocument(
  sql: Sql,
  hash: string,
  { from, to }: { readonly from: number; readonly to: number }
): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += pieceBytes) {
    const length = Math.min(pieceBytes, to - at)
    const [row] = await sql.query<{ base64: string }>(pieceOfDocument, [hash, at + 1, length])
    if (!row) throw new Error('The document was purged while it was read')
    yield Buffer.from(row.base64, 'base64')
  }
}

/** As base64: the driver would get bytes in hex, which is half as long again and takes longer to read. */
const pieceOfDocument = `select encode(substring(bytes from $2::integer for $3::integer), 'base64') as base64
  from document where hash = $1`

/** SQL on `document_use held`: a source says the item, or said it and its history is kept. */
const isSaid = `exists (select from source_resource_owner owner
   join source_resource item on item.patient_id = owner.patient_id and item.resource_id = owner.resource_id
  where owner.resource_id = held.resource_id)`

/**
 * Lets go of files that no record knows: their message was never applied, or their item was purged. Runs in a
 * transaction.
 *
 * @param unusedForMs A message may wait so long before it is applied.
 * @returns how many contents of Binaries.
 */
export async function purgeDocuments(
  sql: Sql,
  { unusedForMs, limit }: { readonly unusedForMs: number; readonly limit: number },
  ids: Ids
): Promise<number> {
  const purged = await sql.query<PurgedRow>(
    `delete from document_use where (resource_id, hash) in (
       select resource_id, hash from document_use held
        where saved_at < now() - $1 * interval '1 millisecond' and not ${isSaid} limit $2)
     returning source_id, hash as fingerprint`,
    [unusedForMs, limit]
  )
  return await endUses(sql, purged, ids)
}

/**
 * As `purgeDocuments`, at once, for items whose time is over and which nobody else is shown. The caller holds the
 * lock of their persons, and has not purged the items yet.
 */
export async function purgeExpiredDocuments(sql: Sql, ids: Ids): Promise<number> {
  const purged = await sql.query<PurgedRow>(
    `delete from document_use held using source_resource gone
      where gone.expires_at <= now() and gone.resource_type = 'Binary' and held.resource_id = gone.resource_id
        and not exists (select from source_resource other
                         where other.patient_id = gone.patient_id and other.resource_id = gone.resource_id
                           and (other.expires_at is null or other.expires_at > now()))
     returning held.source_id, held.hash as fingerprint`
  )
  return await endUses(sql, purged, ids)
}

/**
 * As `purgeDocuments`, at once, for items of these persons that may not be kept and are not shown any more. A file that
 * somebody else has, or waits for, stays: it may be rightly theirs.
 */
export async function purgeDocumentsOf(
  sql: Sql,
  {
    patientIds,
    resourceIds
  }: { readonly patientIds: readonly string[]; readonly resourceIds: readonly string[] },
  ids: Ids
): Promise<number> {
  const purged = await sql.query<PurgedRow>(
    `delete from document_use held where resource_id = any ($1::uuid[])
        and not exists (select from source_resource item
                         where item.patient_id = any ($2::uuid[]) and item.resource_id = held.resource_id and present)
        and not exists (select from waiting_item where waiting_item.resource_id = held.resource_id)
        and not exists (select from source_resource_owner owner
                         where owner.resource_id = held.resource_id and owner.patient_id <> all ($2::uuid[])
                           and not owner.released)
      returning source_id, hash as fingerprint`,
    [resourceIds, patientIds]
  )
  return await endUses(sql, purged, ids)
}

async function endUses(sql: Sql, purged: readonly PurgedRow[], ids: Ids): Promise<number> {
  if (purged.length === 0) return 0
  const hashes = purged.map(({ fingerprint }) => fingerprint)
  // Who saves the same content in this moment waits here, or has kept it in use.
  await sql.query('select from document where hash = any ($1) order by hash for update', [hashes])
  await sql.query(
    `delete from document where hash = any ($1)
        and not exists (select from document_use where document_use.hash = document.hash)`,
    [hashes]
  )
  await recordPurge(sql, 'document_use', purged, ids)
  return purged.length
}
