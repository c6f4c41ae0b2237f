import { type CldColumn, type CldReading, type CldRow, readCldRow } from '../../src/index.ts'

/** A row of home care that is well; what a test is about is changed in it. */
export const homeCare: Readonly<Partial<Record<CldColumn, string>>> = {
  LA_Code: '810',
  Reporting_Period_Start_Date: '2025-04-01',
  Reporting_Period_End_Date: '2025-06-30',
  NHS_Number: '9990000018',
  LA_Person_Unique_Identifier: 'P1',
  Gender: 'Female',
  Date_of_Birth: '1950-04-21',
  Client_Type: 'Service user',
  Primary_Support_Reason: 'Physical support: Personal care support',
  Event_Type: 'Service',
  Event_Reference: 'E1',
  Event_Start_Date: '2024-01-15',
  Service_Type: 'Long term support: Community',
  Service_Component: 'Home support or domiciliary care',
  Delivery_Mechanism: 'CASSR commissioned support',
  Provider_CQC_Location_Name: 'Shingle Care',
  Provider_CQC_Location_ID: '1-123456789',
  Unit_Cost: '21.50',
  Cost_Frequency_Unit_Type: 'Hourly',
  Planned_units_per_week: '14'
}

export const read = (changes: Readonly<Partial<Record<CldColumn, string>>> = {}): CldReading => {
  const cells = { ...homeCare, ...changes }
  return readCldRow((column) => cells[column] ?? '')
}

export function row(changes: Readonly<Partial<Record<CldColumn, string>>> = {}): CldRow {
  const reading = read(changes)
  if (reading.outcome === 'rejected') throw new Error(`The row was rejected: ${reading.reason}`)
  return reading.row
}
