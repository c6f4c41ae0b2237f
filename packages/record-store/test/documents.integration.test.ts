import { randomBytes } from 'node:crypto'
import type { Binary, Resource } from '@chesil/fhir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
// Types of what the run of tests provides.
import type {} from '../../../tests/support/global-setup.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import {
  type DocumentToSave,
  findDocument,
  purgeDocuments,
  purgeDocumentsOf,
  purgeExpired,
  readDocument,
  saveDocuments,
  systemIds,
  withContentHashes
} from '../src/index.ts'

const { database } = useDatabase()
const day = 86_400_000

function letter(bytes: Uint8Array = randomBytes(1_000)): DocumentToSave {
  return { resourceId: systemIds.newId(), contentType: 'application/pdf', bytes }
}
const save = (...documents: DocumentToSave[]) =>
  database().transaction((sql) => saveDocuments(sql, 'trust', documents))
const binary = ({ resourceId, contentType }: DocumentToSave): Binary & Resource => ({
  resourceType: 'Binary',
  id: resourceId,
  contentType
})
const find = (document: DocumentToSave) => findDocument(database(), binary(document))
const isKept = async (document: DocumentToSave) => (await find(document)) !== undefined
const countOf = async (hash = '') =>
  (await database().query('select from document where hash = $1', [hash])).length

async function contributionOf(patientId: string): Promise<string> {
  const [messageId, id] = [systemIds.newId(), systemIds.newId()]
  await database().query(
    `insert into inbox_message (id, source_id, interface, authority, idempotency_key, source_time, body_hash)
     values ($1, 'trust', 'hl7v2', 'system', 'key', now(), '')`,
    [messageId]
  )
  await database().query(
    `insert into contribution (id, inbox_message_id, source_id, authority, patient_id, source_time, content_hash)
     values ($1, $2, 'trust', 'system', $3, now(), '')`,
    [id, messageId, patientId]
  )
  return id
}

async function read(hash: string, from: number, to: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of readDocument(database(), hash, { from, to })) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('a content is kept', () => {
  test('byte for byte, whatever it is', async () => {
    const every = letter(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
    const gzip = letter(Buffer.from([0x1f, 0x8b, 0xff, 0xfe, 0x00, 0x0a, 0x5c]))
    const empty = letter(Buffer.alloc(0))
    await save(every, gzip, empty)
    for (const document of [every, gzip, empty]) {
      const kept = await find(document)
      expect(kept).toMatchObject({ size: document.bytes.length, contentType: 'application/pdf' })
      expect(await read(kept?.hash ?? '', 0, document.bytes.length)).toEqual(document.bytes)
    }
  })

  test('once, however many messages bring it', async () => {
    const first = letter()
    const again = { ...first, resourceId: systemIds.newId(), contentType: 'text/plain' }
    await save(first)
    await Promise.all([save(first), save(again), save(again, first)])
    const [one, other] = [await find(first), await find(again)]
    expect(one?.hash).toBe(other?.hash)
    expect([one?.contentType, other?.contentType]).toEqual(['application/pdf', 'text/plain'])
    expect(await countOf(one?.hash)).toBe(1)
  })

  test('beside another that came under its id: the Binary says which it means, or none is found', async () => {
    const first = letter()
    const later = { ...first, bytes: randomBytes(5) }
    for (const document of [later, first]) {
      const hashes = await save(document)
      const said = { resourceType: 'Binary' as const, sourceResourceId: 'a', sections: [] }
      const [tagged] = withContentHashes([{ ...said, resource: binary(document) }], hashes)
      const kept = await findDocument(database(), tagged?.resource as Binary)
      expect(kept?.size).toBe(document.bytes.length)
    }
    expect(await find(first)).toBeUndefined()
  })

  test('for its Binary alone: no other entry is tagged', () => {
    const resource = { resourceType: 'Observation', id: 'b', status: 'final', code: {} } as const
    const others = [
      { resourceType: 'Observation' as const, sourceResourceId: 'b', sections: [], resource },
      { resourceType: 'Binary' as const, sourceResourceId: 'c', sections: [] }
    ]
    expect(withContentHashes(others, new Map([['b', 'hash']]))).toEqual(others)
  })
})

test('parts of a file, cut anywhere, join into the whole', async () => {
  const document = letter(randomBytes(700_000))
  await save(document)
  const { hash = '', size = 0 } = (await find(document)) ?? {}
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: size - 1 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const ends = [...places.toSorted((a, b) => a - b), size]
      const parts = await Promise.all(ends.map((to, at) => read(hash, ends[at - 1] ?? 0, to)))
      expect(Buffer.concat(parts).equals(document.bytes)).toBe(true)
    }),
    { numRuns: 30 }
  )
})

test('a file that was purged while it is read ends in an error, and never short', async () => {
  await expect(read('nothing', 0, 5)).rejects.toThrow('purged while it was read')
})

describe('a file is let go of', () => {
  const purge = (unusedForMs: number) =>
    database().transaction((sql) => purgeDocuments(sql, { unusedForMs, limit: 100 }, systemIds))

  /** A source says the Binary of somebody. */
  async function say({ resourceId }: DocumentToSave, expiresAt?: number): Promise<void> {
    const patientId = systemIds.newId()
    await database().query('insert into patient (id) values ($1)', [patientId])
    await database().query('insert into source_resource_owner (resource_id, patient_id) values ($1, $2)', [
      resourceId,
      patientId
    ])
    await database().query(
      `insert into source_resource (patient_id, resource_id, authority, source_id, resource_type, source_resource_id,
                                    home_patient_id, sections, order_time, order_sequence, order_hash, content_hash,
                                    present, expires_at)
       values ($1, $2, 'system', 'trust', 'Binary', 'a', $1, '[]', now(), 0, '', '', true, $3)`,
      [patientId, resourceId, expiresAt === undefined ? null : new Date(expiresAt)]
    )
  }

  test('when no record has taken it in after so long, and not before', async () => {
    const [waiting, applied] = [letter(), letter()]
    await save(waiting, applied)
    await say(applied)
    await purge(day)
    expect([await isKept(waiting), await isKept(applied)]).toEqual([true, true])
    const { hash } = (await find(waiting)) ?? {}
    expect(await purge(0)).toBeGreaterThan(0)
    expect([await isKept(waiting), await isKept(applied), await countOf(hash)]).toEqual([false, true, 0])
  })

  test('when the last session that was shown it ends, but for a content that another still holds', async () => {
    const [over, standing] = [letter(), letter()]
    const shared = { ...over, resourceId: systemIds.newId() }
    await save(over, standing, shared)
    const { hash } = (await find(over)) ?? {}
    await say(over, Date.now() - 1_000)
    await say(standing, Date.now() + day)
    await say(shared)
    await database().transaction((sql) => purgeExpired(sql, systemIds))
    expect([await isKept(over), await isKept(standing), await isKept(shared)]).toEqual([false, true, true])
    expect(await countOf(hash)).toBe(1)
    const records = await database().query(
      `select row_count as rows from purge_record where relation = 'document_use' and source_id = 'trust'
        order by purged_at desc limit 1`
    )
    expect(records).toEqual([{ rows: 1 }])
  })

  test('when somebody who objects was sent it, unless somebody else has it or waits for it', async () => {
    const [theirs, others, awaited] = [letter(), letter(), letter()]
    await save(theirs, others, awaited)
    const [objector, other] = [systemIds.newId(), systemIds.newId()]
    await database().query('insert into patient (id) values ($1), ($2)', [objector, other])
    await database().query('insert into source_resource_owner (resource_id, patient_id) values ($1, $2)', [
      others.resourceId,
      other
    ])
    await database().query('insert into waiting_item (resource_id, contribution_id) values ($1, $2)', [
      awaited.resourceId,
      await contributionOf(other)
    ])
    const resourceIds = [theirs, others, awaited].map(({ resourceId }) => resourceId)
    await database().transaction((sql) =>
      purgeDocumentsOf(sql, { patientIds: [objector], resourceIds }, systemIds)
    )
    expect(await Promise.all([theirs, others, awaited].map(isKept))).toEqual([false, true, true])
  })

  test('and one that is saved again in that moment is kept', async () => {
    const first = letter()
    await save(first)
    const again = { ...first, resourceId: systemIds.newId() }
    await say(again)
    await Promise.all([purge(0), save(again)])
    expect((await read((await find(again))?.hash ?? '', 0, 1_000)).equals(first.bytes)).toBe(true)
  })
})
