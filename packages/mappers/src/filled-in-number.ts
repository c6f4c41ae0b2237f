/** Whether ten digits are what is typed where no number is known: they would make one person of many. */
export const isFilledIn = (number: string): boolean =>
  /^(\d)\1{5}|(\d)\2{5}$/.test(number) || number === '1234567890' || number === '0123456789'
