const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23'
})

/**
 * A moment as clinicians read it: `05-Apr-2026 09:05`, London time.
 *
 * @param instant Milliseconds since 1970.
 * @see ISB 1505, NHS Common User Interface: date and time display
 */
export function clockText(instant: number): string {
  const part = new Map(parts.formatToParts(instant).map(({ type, value }) => [type, value]))
  const month = (part.get('month') ?? '').slice(0, 3)
  return `${part.get('day')}-${month}-${part.get('year')} ${part.get('hour')}:${part.get('minute')}`
}

/** The day alone: `05-Apr-2026`. */
export const dayText = (instant: number): string => clockText(instant).slice(0, 11)

/** How long ago, in the largest unit that fits: `18 days`, `1 hour`, `less than a minute`. */
export function ageText(ms: number): string {
  for (const [unit, length] of units) {
    const count = Math.floor(ms / length)
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return 'less than a minute'
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000]
] as const
