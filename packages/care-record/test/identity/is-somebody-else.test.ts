import { describe, expect, test } from 'vitest'
import { isSomebodyElse, type KnownAs } from '../../src/index.ts'

const ada = { birthDate: '1950-04-21', name: [{ family: 'Weir', given: ['Ada'] }] }
const said = (given: string, birthDate: string, saidAt: number): KnownAs => ({
  family: 'Weir',
  given: [given],
  birthDate,
  saidAt
})

describe('a source’s patient is not whom PDS knows', () => {
  test.each([
    ['where another first name came with the birth date', [said('Zoe', '1950-04-21', 1)]],
    ['also where the name was right before', [said('Ada', '1950-04-21', 1), said('Zoe', '1950-04-21', 2)]],
    ['and where it was right afterwards', [said('Zoe', '1950-04-21', 1), said('Ada', '1950-04-21', 2)]],
    ['where name and birth date were others’', [said('Zoe', '1987-01-02', 1), said('Ada', '1950-04-21', 2)]],
    ['where another birth date was said last', [said('Ada', '1950-04-21', 1), said('Ada', '1987-01-02', 2)]],
    ['where two dates were said at one time', [said('Ada', '1950-04-21', 1), said('Ada', '1987-01-02', 1)]]
  ])('%s', (_why, known) => {
    expect(isSomebodyElse(known, [ada])).toBe(true)
  })
})

describe('a source’s patient may be whom PDS knows', () => {
  test.each([
    ['where nothing was said', []],
    ['where a wrong birth date was corrected', [said('Ada', '1987-01-02', 1), said('Ada', '1950-04-21', 2)]],
    ['where a name was left out', [{ birthDate: '1987-01-02', saidAt: 1 }]],
    ['where a birth date was left out', [{ given: ['Zoe'], saidAt: 1 }]],
    ['where a newborn had no name yet', [said('BABY GIRL', '1950-04-21', 1), said('Ada', '1950-04-21', 2)]],
    ['where nobody knew who was brought in', [said('Unknown', '1900-01-01', 2), said('Ada', '1950-04-21', 1)]]
  ])('%s', (_why, known) => {
    expect(isSomebodyElse(known, [ada])).toBe(false)
  })

  test('under a name that PDS confirmed once and has changed since', () => {
    const beth = { ...ada, name: [{ family: 'Weir', given: ['Beth'] }] }
    expect(isSomebodyElse([said('Ada', '1950-04-21', 1)], [beth])).toBe(true)
    expect(isSomebodyElse([said('Ada', '1950-04-21', 1)], [beth, ada])).toBe(false)
  })

  test('where PDS keeps them closed: nobody can tell', () => {
    expect(isSomebodyElse([said('Zoe', '1950-04-21', 1)], [])).toBe(false)
  })
})
