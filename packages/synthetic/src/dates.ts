const dayMs = 86_400_000

/** @param date An ISO date, or an instant of which only the date counts. @returns an ISO date. */
export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date.slice(0, 10)) - days * dayMs).toISOString().slice(0, 10)
}

/** Whole days from one ISO date to a later one; negative when it is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / dayMs)
}

/** Completed years on that day. */
export function ageAt(birthDate: string, date: string): number {
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return date.slice(5, 10) < birthDate.slice(5, 10) ? years - 1 : years
}
