import { type CldRow, type CldStatement, type CldSubmission, careOf } from '@chesil/mappers'
import { councilPeople, councilRows, createPractices, expectedCare, writeCldCsv } from '@chesil/synthetic'
import { describe, expect, test } from 'vitest'
import { readCldFile } from '../src/cld/read-file.ts'

const council = { laCode: '810', name: 'Dorset Council' }
const practices = createPractices(12)
const quarters = [
  { period: { start: '2025-04-01', end: '2025-06-30' } },
  { period: { start: '2025-07-01', end: '2025-09-30' } },
  { period: { start: '2025-07-01', end: '2025-09-30' }, sending: 2 as const },
  { period: { start: '2025-10-01', end: '2025-12-31' } }
]
const people = [...councilPeople({ seed: 'council', count: 300, practices })]
const limits = { maxBytes: 1e9, maxRowBytes: 100_000 }

const personKey = ({ laCode, nhsNumber, laPersonId }: CldRow) => nhsNumber ?? `${laCode}_${laPersonId}`

type Statements = Map<string, { submissionId: string; rows: CldRow[] }[]>

/** One file through the door. @returns how many rows were rejected. */
async function takeFile(id: string, bytes: readonly Uint8Array[], statements: Statements): Promise<number> {
  let rejected = 0
  for await (const { reading } of readCldFile(toAsync(bytes), limits)) {
    if (reading.outcome === 'row') keep(id, reading.row, statements)
    else rejected++
  }
  return rejected
}

function keep(submissionId: string, row: CldRow, statements: Statements): void {
  const own = statements.get(personKey(row)) ?? []
  statements.set(personKey(row), own)
  const last = own.at(-1)
  if (last?.submissionId === submissionId) last.rows.push(row)
  else own.push({ submissionId, rows: [row] })
}

async function take(release: 1 | 2) {
  const statements: Statements = new Map()
  const submissions: CldSubmission[] = []
  let rejected = 0
  for (const [sequence, { period, sending }] of quarters.entries()) {
    submissions.push({ id: `s${sequence}`, period, sequence })
    const said = councilRows({
      seed: 'council',
      people,
      council,
      period,
      release,
      ...(sending && { sending })
    })
    const cells = [...said].map((row) => row.cells)
    const csv = writeCldCsv(cells, { release, encoding: 'windows-1252', columnOrder: 'shuffled' })
    rejected += await takeFile(
      `s${sequence}`,
      [...csv].map((chunk) => Buffer.from(chunk as Uint8Array)),
      statements
    )
  }
  return { submissions, rows: statements, rejected }
}

async function* toAsync<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values
}

const plain = (...told: readonly (string | number | undefined)[]) => told.map((part) => part ?? '-').join(' ')

describe.each([1, 2] as const)('what a council sends in release %i', (release) => {
  test('is held as the stories of its people have it', async () => {
    const { submissions, rows, rejected } = await take(release)
    expect(rejected).toBeGreaterThan(0)
    const expected = expectedCare(
      quarters.map(({ period, sending }) => ({
        period,
        ...(sending && { sending }),
        rows: councilRows({ seed: 'council', people, council, period, release, ...(sending && { sending }) })
      }))
    )
    const held = (statements: readonly CldStatement[]) =>
      careOf(submissions, statements)
        .map(({ row: { type, start, end }, rows, asAt, missingAt }) =>
          plain(type, start, end, rows.length, asAt, missingAt)
        )
        .sort()
    for (const [key, events] of expected) {
      const wanted = events
        .map(({ type, start, end, rows: count, asAt, missingAt }) =>
          plain(type, start, end, count, asAt, missingAt)
        )
        .sort()
      expect([key, held(rows.get(key) ?? [])]).toEqual([key, wanted])
    }
    expect([...rows.keys()].filter((key) => !expected.has(key))).toEqual([])
  })
})
