import { ageAt } from '../dates.ts'
import type { Person } from '../people.ts'
import { practiceAt } from '../practices.ts'
import { createRandom } from '../random.ts'
import { knownDeath } from './as-seen.ts'
import type { Extract } from './case-file.ts'
import type { SomeCells } from './columns.ts'

/** The council's own number of a person: the same whatever the seed, and another one at another council. */
export function councilNumberOf(nhsNumber: string, laCode: string): string {
  const [block, serial] = [nhsNumber.slice(0, 3), Number(nhsNumber.slice(3, 9))]
  // 7 has no factor in common with 1,000,000, so that no two persons share a number.
  const own = (serial * 7 + Number.parseInt(laCode, 36)) % 1_000_000
  return `${block === '999' ? '2' : block}${String(own).padStart(6, '0')}`
}

/** What every row says of its person, in the words of release 2 and ISO dates. Known by the number they had first. */
export function personCells(person: Person, { seed, council, period }: Extract): SomeCells {
  const random = createRandom(`council person ${seed} ${person.nhsNumber}`)
  const age = ageAt(person.birthDate, period.end)
  return {
    LA_Code: council.laCode,
    Reporting_Period_Start_Date: period.start,
    Reporting_Period_End_Date: period.end,
    NHS_Number: person.formerNhsNumbers.at(-1) ?? person.nhsNumber,
    LA_Person_Unique_Identifier: councilNumberOf(person.nhsNumber, council.laCode),
    GP_Practice_Name: practiceName(person.practice),
    GP_Practice_Code: person.practice,
    Gender: genders[person.gender],
    Ethnicity: random.pick(ethnicities),
    Date_of_Birth: person.birthDate,
    Date_of_Death: knownDeath(person.deathDate, period.end) ?? '',
    Client_Type: 'Service user',
    Primary_Support_Reason: random.pick(supportReasons),
    Postcode: person.address?.postalCode ?? '',
    Accommodation_Status: random.pick(accommodations),
    Employment_Status: age < 65 ? random.pick(employments) : '',
    Has_Unpaid_Carer: random.pick(['Yes', 'No', 'Unknown']),
    Autism_Spectrum_Disorder_ASD: 'No',
    Visual_Impairment: 'No visual impairment',
    Hearing_Impairment: 'No hearing impairment',
    Dementia: 'No',
    Client_Funding_Status: random.pick(fundings)
  }
}

const genders: Readonly<Record<Person['gender'], string>> = {
  female: 'Female',
  male: 'Male',
  other: 'Other',
  unknown: 'Unknown'
}
const english = 'White: English, Welsh, Scottish, Northern Irish or British'
const ethnicities = [
  english,
  english,
  english,
  'White: Irish',
  'Asian or Asian British: Indian',
  'Black, Black British, Caribbean or African: Caribbean',
  'Mixed or multiple ethnic groups: White and Asian',
  'No data: Undeclared or not known'
]
const supportReasons = [
  'Physical support: Access and mobility only',
  'Physical support: Personal care support',
  'Learning disability support',
  'Mental health support',
  'Social support: Support for social isolation or other'
]
const accommodations = [
  'Owner occupier or shared ownership scheme',
  'Tenant: Local authority or other social housing provider',
  'Tenant: Private landlord',
  'Settled mainstream housing with family or friends',
  'Sheltered housing, extra care housing or other sheltered housing'
]
const employments = [
  'Paid: Less than 16 hours a week',
  'Paid: 16 or more hours a week',
  'Not in paid employment: Seeking work',
  'Not in paid employment: Not actively seeking work or retired'
]
const fundings = [
  'Fully client funded',
  'Joint client and social care funded',
  'Fully social care funded',
  'Unknown'
]

function practiceName(odsCode: string): string {
  const serial = Number(/^J99(\d{3})$/.exec(odsCode)?.[1] ?? 0)
  return serial > 0 ? practiceAt(serial - 1).name : ''
}
