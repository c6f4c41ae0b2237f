import Type, { type Static } from 'typebox'

const Lines = {
  rows: Type.Integer(),
  lines: Type.Array(Type.Integer(), {
    description: 'As an editor counts, the header being 1; the first 10,000.'
  })
}

/** What became of a file, row by row. */
const Report = Type.Object({
  period: Type.Object({ start: Type.String(), end: Type.String() }),
  rows: Type.Object({
    read: Type.Integer({ description: 'All others add up to it.' }),
    applied: Type.Integer({ description: 'They say something new, or otherwise than before.' }),
    unchanged: Type.Integer(),
    superseded: Type.Integer({ description: 'A file for a later period has the word.' }),
    repeated: Type.Integer({ description: 'Another row of the file says the same.' }),
    rejected: Type.Integer()
  }),
  persons: Type.Integer(),
  notNamedAnyMore: Type.Integer({
    description: 'Events that were named before and should be in this file: shown so, never as ended.'
  }),
  rejected: Type.Array(Type.Object({ reason: Type.String(), text: Type.String(), ...Lines })),
  notMapped: Type.Array(
    Type.Object(
      { column: Type.String(), values: Type.Array(Type.String()), ...Lines },
      {
        description: 'Values that no release lists: kept and shown as text.'
      }
    )
  ),
  doubted: Type.Array(Type.Object({ column: Type.String(), doubt: Type.String(), ...Lines }))
})

export type CldReport = Static<typeof Report>

export const CldAnswer = Type.Object({
  id: Type.Optional(Type.String({ description: 'Of the file; a dry run has none.' })),
  outcome: Type.Enum(['new', 'again', 'checked', 'waiting', 'settled', 'failed'], {
    description:
      'new: kept. again: taken before, nothing changed. checked: a dry run. waiting, settled, failed: whether every person’s part is on its way to the record.'
  }),
  report: Report
})
