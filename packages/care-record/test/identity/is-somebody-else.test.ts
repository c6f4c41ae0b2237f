import { describe, expect, test } from 'vitest'
import { isSomebodyElse, type KnownAs } from '../../src/index.ts'

const ada = {
  pds: { birthDate: '1950-04-21', name: [{ family: 'Weir', given: ['Alexandra', 'Ada'] }] },
  confirmed: []
}
const said = (given: string, birthDate: string, family = 'Weir'): KnownAs => ({
  family,
  given: given.split(' '),
  birthDate
})

describe('a source’s patient is not whom PDS knows', () => {
  test.each([
    ['where another first name came with the birth date', [said('Zoe', '1950-04-21')]],
    [
      'whatever else was said',
      [said('Ada', '1950-04-21'), said('Zoe', '1950-04-21'), said('Ada', '1950-04-21')]
    ],
    ['where name and birth date are another’s', [said('Zoe', '1987-01-02')]],
    ['where the birth date is another’s, as a father’s of the same name', [said('Ada', '1987-01-02')]],
    ['where another name came with a birth date that was filled in', [said('Zoe', '1900-01-01')]],
    ['where a newborn came under her mother’s number', [said('BABY GIRL', '2026-01-02')]]
  ])('%s', (_why, known) => {
    expect(isSomebodyElse(known, ada)).toBe(true)
  })

  test('though they share the short form of a name that PDS confirmed', () => {
    const alex = said('Alex Zoe', '1950-04-21')
    for (const other of ['Alexander', 'Zoe'])
      expect(isSomebodyElse([alex, said(other, '1950-04-21')], { ...ada, confirmed: [alex] })).toBe(true)
  })
})

describe('a source’s patient may be whom PDS knows', () => {
  test.each([
    ['where nothing was said', []],
    ['where a part of the birth date was mistyped', [said('Ada', '1950-04-12')]],
    ['where a name was left out', [{ birthDate: '1987-01-02' }]],
    ['where a birth date was left out', [{ given: ['Zoe'] }]],
    ['where a newborn had no name yet', [said('BABY GIRL', '1950-04-21'), said('b/o Jane', '1950-04-21')]],
    ['where nobody knew who was brought in', [said('Unknown Male', '1980-07-01')]],
    ['where a birth date was filled in', [said('Ada', '1900-01-01')]]
  ])('%s', (_why, known) => {
    expect(isSomebodyElse(known, ada)).toBe(false)
  })

  test('under a name that PDS confirmed once and has changed since', () => {
    const beth = { pds: { ...ada.pds, name: [{ family: 'Weir', given: ['Beth'] }] }, confirmed: [] }
    const before = said('Ada', '1950-04-21')
    expect(isSomebodyElse([before], beth)).toBe(true)
    expect(isSomebodyElse([before], { ...beth, confirmed: [said('ADA', '1950-04-21')] })).toBe(false)
  })
})
