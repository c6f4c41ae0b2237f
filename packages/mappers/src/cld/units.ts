import type { CldRow } from './row.ts'

/** How much is planned for a week; nothing where the number cannot be one. */
export function plannedUnits({ values, doubts }: CldRow): number | undefined {
  const isDoubted = doubts.some(({ column }) => column === 'Planned_units_per_week')
  const said = values.Planned_units_per_week
  return said === undefined || isDoubted ? undefined : Number(said)
}
