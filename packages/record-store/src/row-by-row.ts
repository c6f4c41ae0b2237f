import pg from 'pg'

/** The columns of a row as Postgres writes them as text; `null` where there is no value. */
export type TakeRow = (columns: readonly (string | null)[]) => void

export interface Statement {
  readonly text: string
  readonly values: unknown[]
  /** Absent: parsed and planned each time. */
  readonly name: string | undefined
}

/** Hands each row on as it comes, where `pg` would make an object of it and keep them all until the last. */
class RowByRow extends pg.Query {
  failure: unknown
  readonly #take: TakeRow

  constructor({ name, ...statement }: Statement, take: TakeRow) {
    super({ ...statement, ...(name !== undefined && { name }) })
    this.#take = take
  }

  /** Called by `pg`; it must not throw into the connection, on which others wait. */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.failure !== undefined) return
    try {
      this.#take(fields)
    } catch (error) {
      this.failure = error ?? new Error('A row could not be taken')
    }
  }
}

/** @throws what `take` threw, once the last row has come. */
export async function runRowByRow(pool: pg.Pool, statement: Statement, take: TakeRow): Promise<void> {
  const query = new RowByRow(statement, take)
  // The types know of queries of one's own on a client, and not that a pool waits for their end.
  await (pool.query(query) as unknown as Promise<unknown>)
  if (query.failure !== undefined) throw query.failure
}
