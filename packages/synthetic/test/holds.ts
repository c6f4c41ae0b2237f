import { assert, type IProperty, type Parameters } from 'fast-check'

/** fast-check's `assert` for properties without promises: the linter does not tell its two forms apart. */
export function holds<Values>(property: IProperty<Values>, parameters?: Parameters<Values>): void {
  void assert(property, parameters)
}
