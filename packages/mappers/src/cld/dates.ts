/** Councils write days both ways, also in one file. */
const forms = [
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$/,
  /^(?<day>\d{1,2})\/(?<month>\d{1,2})\/(?<year>\d{4})(?: 00:00(?::00)?)?$/
]

/** Beyond it a day is no day, but a database's word for never: `9999-12-31`. */
const lastYear = 2100

/** @returns YYYY-MM-DD; nothing for what is not a day there was. */
export function readDay(cell: string): string | undefined {
  const found = forms.map((form) => form.exec(cell)).find((match) => match)
  if (!found?.groups) return undefined
  const { year = '', month = '', day = '' } = found.groups
  if (Number(year) > lastYear) return undefined
  const text = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : undefined
}
