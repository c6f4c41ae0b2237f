import { randomBytes, randomUUID } from 'node:crypto'
import { createDatabase, type Database, type MessageToTake, takeMessages } from '@chesil/record-store'

export interface InboxRates {
  /** Messages a second. */
  readonly bareOneByOne: number
  readonly bareSixteenAtOnce: number
  readonly takenInSixteens: number
}

const atOnce = 16
/** Of a packed message, which is not worth packing again. */
const bodyBytes = 600

/**
 * What keeping a message costs at the least: a bare insert and its commit, one after the other and sixteen side by
 * side, and what the door does, which checks for repeats and denied stays, announces, and commits sixteen together.
 */
export async function benchInbox(databaseUrl: string, seconds: number): Promise<InboxRates> {
  const database = createDatabase({
    url: databaseUrl,
    applicationName: 'bench-inbox',
    maxConnections: atOnce
  })
  try {
    await rateOf(1, 1, () => insertBare(database)) // plans are made
    const bareOneByOne = await rateOf(seconds, 1, () => insertBare(database))
    const bareSixteenAtOnce = await rateOf(seconds, atOnce, () => insertBare(database))
    const takenInSixteens = atOnce * (await rateOf(seconds, 1, () => takeSixteen(database)))
    return { bareOneByOne, bareSixteenAtOnce, takenInSixteens }
  } finally {
    await database.query(
      `delete from outbox_event where row_id in (
      select id from inbox_message where source_id = $1)`,
      [source]
    )
    await database.query('delete from inbox_message where source_id = $1', [source])
    await database.close()
  }
}

const source = 'bench-inbox'

/** @returns how often a second. */
async function rateOf(seconds: number, lanes: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  let done = 0
  const lane = async () => {
    for (; performance.now() - startedAt < seconds * 1_000; done++) await work()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return done / ((performance.now() - startedAt) / 1_000)
}

const insertBare = (database: Database) =>
  database.query(
    `insert into inbox_message (id, source_id, interface, authority, idempotency_key, source_time, body, body_hash, state)
     values ($1, $2, 'bench', 'system', $3, now(), $4, $3, 'refused')`,
    [randomUUID(), source, randomUUID(), randomBytes(bodyBytes)]
  )

const takeSixteen = (database: Database) =>
  database.transaction((sql) => takeMessages(sql, Array.from({ length: atOnce }, newMessage)))

function newMessage(): MessageToTake {
  const id = randomUUID()
  return {
    id,
    sourceId: source,
    interface: 'bench',
    body: randomBytes(bodyBytes),
    bodyHash: id,
    controlKey: id,
    controlId: id,
    event: 'ADT^A08',
    characterSet: 'utf8',
    isCharacterSetGuessed: false,
    visitHash: id
  }
}
