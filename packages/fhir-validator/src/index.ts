export type { ValidationIssue } from './issue.ts'
export { createValidator, type Validator, type ValidatorOptions } from './validator.ts'
