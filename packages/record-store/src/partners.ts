import type { Sql } from './database.ts'

/** A system of another organisation that sends to the gateway, or is told of changes. */
export interface Partner {
  readonly id: string
  /** As people know it. */
  readonly name: string
  /** ODS code: for no other organisation's sources may it speak. */
  readonly odsCode: string
  /** Of the source catalogue. */
  readonly sourceIds: readonly string[]
  /** `sub` of its access tokens; null: it signs. */
  readonly clientId: string | null
  readonly isSuspended: boolean
}

/** `v1`: HMAC-SHA256. `v1a`: ed25519. */
export type KeyScheme = 'v1' | 'v1a'

/** A key of a partner, or of one of its endpoints. */
export interface PartnerKey {
  readonly id: string
  readonly partnerId: string
  /** What we send there is signed with it; null: what the partner sends is verified with it. */
  readonly endpointId: string | null
  readonly scheme: KeyScheme
  readonly fingerprint: string
  /** ms since 1970 */
  readonly createdAt: number
  readonly createdBy: string
  readonly revokedAt: number | null
}

/** Two live ones overlap while one takes the place of the other. */
export const mostLiveKeys = 2

const partnerColumns = `id, name, ods_code as "odsCode", source_ids as "sourceIds", client_id as "clientId",
  suspended_at is not null as "isSuspended"`

const keyColumns = `id, partner_id as "partnerId", endpoint_id as "endpointId", scheme, fingerprint,
  created_at as "createdAt", created_by as "createdBy", revoked_at as "revokedAt"`

/** @returns false when there is one of that id, or with that client id, already. */
export async function registerPartner(
  sql: Sql,
  partner: Omit<Partner, 'isSuspended'>,
  by: string
): Promise<boolean> {
  const { id, name, odsCode, sourceIds, clientId } = partner
  const made = await sql.query(
    `insert into partner (id, name, ods_code, source_ids, client_id, registered_by)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id`,
    [id, name, odsCode, sourceIds, clientId, by]
  )
  return made.length > 0
}

/** A suspended one is refused at once, and told of nothing. @returns false when nothing changed. */
export async function suspendPartner(sql: Sql, id: string, by: string): Promise<boolean> {
  const changed = await sql.query(
    `update partner set suspended_at = now(), suspended_by = $2
      where id = $1 and suspended_at is null returning id`,
    [id, by]
  )
  return changed.length > 0
}

/** @returns false when nothing changed. */
export async function resumePartner(sql: Sql, id: string): Promise<boolean> {
  const changed = await sql.query(
    `update partner set suspended_at = null, suspended_by = null
      where id = $1 and suspended_at is not null returning id`,
    [id]
  )
  return changed.length > 0
}

export async function listPartners(sql: Sql): Promise<readonly Partner[]> {
  return await sql.query<Partner>(`select ${partnerColumns} from partner order by id`)
}

export async function findPartner(sql: Sql, id: string): Promise<Partner | undefined> {
  const [partner] = await sql.query<Partner>(`select ${partnerColumns} from partner where id = $1`, [id])
  return partner
}

/** A partner, with the live keys by which what it sends is verified. */
export interface PartnerWithKeys extends Partner {
  readonly keys: readonly { readonly id: string; readonly scheme: KeyScheme; readonly sealed: Buffer }[]
}

export async function findPartnerWithKeys(sql: Sql, id: string): Promise<PartnerWithKeys | undefined> {
  const [partner, keys] = await Promise.all([
    findPartner(sql, id),
    sql.query<{ id: string; scheme: KeyScheme; sealed: Buffer }>(
      `select id, scheme, sealed from partner_key
        where partner_id = $1 and endpoint_id is null and revoked_at is null order by created_at desc`,
      [id]
    )
  ])
  return partner && { ...partner, keys }
}

export interface KeyToAdd {
  readonly id: string
  readonly partnerId: string
  readonly endpointId: string | null
  readonly scheme: KeyScheme
  readonly sealed: Uint8Array
  readonly fingerprint: string
}

/**
 * Adds a key beside the live one. Runs in a transaction: whoever adds another at once waits.
 *
 * @returns `full` while two are live: one of them has to be revoked before.
 */
export async function addPartnerKey(
  sql: Sql,
  key: KeyToAdd,
  by: string
): Promise<'added' | 'full' | 'unknown'> {
  const { id, partnerId, endpointId, scheme, sealed, fingerprint } = key
  const [partner] = await sql.query('select id from partner where id = $1 for update', [partnerId])
  if (!partner) return 'unknown'
  const added = await sql.query(
    `insert into partner_key (id, partner_id, endpoint_id, scheme, sealed, fingerprint, created_by)
     select $1, $2, $3, $4, $5, $6, $7
      where (select count(*) from partner_key
              where partner_id = $2 and endpoint_id is not distinct from $3::uuid and revoked_at is null) < $8
     returning id`,
    [id, partnerId, endpointId, scheme, sealed, fingerprint, by, mostLiveKeys]
  )
  return added.length > 0 ? 'added' : 'full'
}

/** @returns whose it was; `undefined` when there is no such live key. */
export async function revokePartnerKey(sql: Sql, id: string, by: string): Promise<string | undefined> {
  const [revoked] = await sql.query<{ partnerId: string }>(
    `update partner_key set revoked_at = now(), revoked_by = $2 where id = $1 and revoked_at is null
     returning partner_id as "partnerId"`,
    [id, by]
  )
  return revoked?.partnerId
}

/** All there ever were, the newest first. */
export async function listPartnerKeys(sql: Sql, partnerId: string): Promise<readonly PartnerKey[]> {
  return await sql.query<PartnerKey>(
    `select ${keyColumns} from partner_key where partner_id = $1 order by created_at desc, id`,
    [partnerId]
  )
}
