import type { Sql } from '../database.ts'
import { findSurvivor } from '../person-state.ts'
import { lockPersons } from '../view-writing.ts'

/** Locks whoever these stand for, in one order. @returns their survivors. */
export async function lockSurvivors(sql: Sql, patientIds: readonly string[]): Promise<readonly string[]> {
  for (;;) {
    const before = await Promise.all(patientIds.map((id) => findSurvivor(sql, id)))
    await lockPersons(sql, before as string[])
    const after = await Promise.all(patientIds.map((id) => findSurvivor(sql, id)))
    if (before.every((id, at) => id === after[at])) return after as string[]
  }
}
