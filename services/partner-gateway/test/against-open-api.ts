import { readFileSync } from 'node:fs'
import path from 'node:path'
import Schema from 'typebox/schema'
import { expect } from 'vitest'

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}
interface Described {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}
interface Operation {
  readonly responses: Readonly<Record<string, Described>>
}

const file = path.join(import.meta.dirname, '../../../openapi/partner-gateway.json')
const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Expects that an answer is one that openapi/partner-gateway.json describes: status, media type and content. */
export function expectDescribed(method: string, url: string, answer: Answer): void {
  const { pathname } = new URL(url, 'https://gateway.example')
  const found = Object.keys(paths)
    .filter((one) => patternOf(one).test(pathname))
    // One that names more of the address goes before one with a parameter there.
    .sort((a, b) => a.split('{').length - b.split('{').length)[0]
  const operation = paths[found ?? '']?.[method.toLowerCase()]
  const status = String(answer.statusCode)
  const response = operation?.responses[status] ?? operation?.responses[`${status[0]}XX`]
  expect(response, `${method} ${found} is not described to answer ${status}`).toBeDefined()
  if (answer.body === '') {
    expect(response?.content).toBeUndefined()
    return
  }
  const type = String(answer.headers['content-type']).split(';')[0] ?? ''
  const schema = response?.content?.[type]?.schema
  expect(schema, `${method} ${found}: ${status} as ${type} is not described`).toBeDefined()
  const [isValid, errors] = Schema.Compile(schema as object).Errors(JSON.parse(answer.body))
  expect([isValid, errors], answer.body).toEqual([true, []])
}

const patternOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll('$', '\\$').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
