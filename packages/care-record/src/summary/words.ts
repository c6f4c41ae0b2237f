/** What is put together with gaps. */
export interface DraftWords {
  readonly what: string | undefined
  readonly details?: readonly (string | undefined)[]
  readonly status?: string | undefined
  readonly date?: string | undefined
}

/** An item without words of its own says so. */
export const toWords = ({ what, details = [], status, date }: DraftWords) => ({
  what: what?.trim() || 'No words recorded',
  details: details.filter((text) => text !== undefined && text.trim() !== '') as string[],
  ...(status !== undefined && { status }),
  ...(date !== undefined && { date })
})

/** `label: text` where there is a text. */
export const labelled = (label: string, text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : `${label}: ${text}`

export const joined = (texts: readonly (string | undefined)[], by = ', '): string | undefined => {
  const there = texts.filter((text) => text)
  return there.length > 0 ? there.join(by) : undefined
}

export const notesOf = (notes: readonly { readonly text?: string }[] | undefined): (string | undefined)[] =>
  (notes ?? []).map(({ text }) => labelled('Note', text))
