import { chesil, type MedicationStatement } from '@chesil/fhir'

const currency = chesil.extension('medicine-currency')
const until = chesil.extension('medicine-currency-until')

/**
 * A medicine as it stands on a day: `current` and `recent` are said until a day, after which it is past. The
 * practice may not have been asked since.
 *
 * @param today London's day, `YYYY-MM-DD`.
 * @returns the same object while nothing has run out.
 */
export function medicineOn(medicine: MedicationStatement, today: string): MedicationStatement {
  const lastDay = medicine.extension?.find(({ url }) => url === until)?.valueDate
  if (lastDay === undefined || lastDay >= today) return medicine
  const extension = medicine.extension
    ?.filter(({ url }) => url !== until)
    .map((one) => (one.url === currency ? { ...one, valueCode: 'past' } : one))
  const end = medicine.effectivePeriod?.end
  const hasEnded = medicine.status === 'active' && end !== undefined && end.slice(0, 10) < today
  return { ...medicine, ...(extension && { extension }), ...(hasEnded && { status: 'completed' }) }
}
