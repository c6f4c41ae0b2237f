/** en-GB would write day first; Swedish dates are ISO dates. */
const london = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London', dateStyle: 'short' })

/** @param at ms since 1970. @returns the day in London, where the practices are: `YYYY-MM-DD`. */
export const londonDay = (at: number): string => london.format(at)
