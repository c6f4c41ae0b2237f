import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createLogger } from '@chesil/service-kit'
import type { RouteOptions } from 'fastify'
import { beforeAll, expect, test } from 'vitest'
import { buildApp, fhirBase } from '../src/app.ts'
import type { Deps } from '../src/deps.ts'

const root = path.join(import.meta.dirname, '../../..')
const file = path.join(root, 'openapi/record-api.json')
const howToWrite =
  'openapi/record-api.json is not what the routes say: write it anew with ' +
  'UPDATE_OPENAPI=1 npm test -- services/record-api/test/open-api'

/** Any parameter, header, response, schema or reference to one. */
interface Part {
  readonly $ref?: string
  readonly name?: string
  readonly in?: string
  readonly description?: string
  readonly headers?: Readonly<Record<string, Part>>
  readonly content?: Readonly<Record<string, { readonly schema: Part }>>
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly security?: readonly object[]
  readonly parameters: readonly Part[]
  readonly responses: Readonly<Record<string, Part>>
}
interface Document {
  readonly tags: readonly Part[]
  readonly security: readonly object[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, Part>>>>
}

const routes: RouteOptions[] = []
let document: Document
let operations: readonly { readonly name: string; readonly operation: Operation }[]

beforeAll(async () => {
  // The routes are described here and none is called: that takes no more of the dependencies.
  const log = createLogger('record-api', 'silent')
  const app = buildApp({
    log,
    now: () => 0,
    limits: { perReader: 1, perAddress: 1 },
    trustedProxies: []
  } as unknown as Deps)
  app.addHook('onRoute', (route) => void routes.push(route))
  await app.ready()
  document = JSON.parse(JSON.stringify(app.swagger())) as Document
  await app.close()
  operations = Object.entries(document.paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${url}`,
      operation
    }))
  )
})

/** Follows a reference inside the document. */
function resolve(part: Part): Part | undefined {
  if (part.$ref === undefined) return part
  const [kind = '', name = ''] = part.$ref.replace('#/components/', '').split('/')
  return document.components[kind]?.[name]
}

/** Every object in the document, with where it stands. */
function* everyPart(part: unknown, at = '#'): Generator<readonly [string, Part]> {
  if (typeof part !== 'object' || part === null) return
  yield [at, part]
  for (const [name, inner] of Object.entries(part)) yield* everyPart(inner, `${at}/${name}`)
}

/** Names of those that break a rule. */
const without = (holds: (operation: Operation) => unknown): string[] =>
  operations.filter(({ operation }) => !holds(operation)).map(({ name }) => name)

test('openapi/record-api.json is what the routes say', () => {
  const text = `${JSON.stringify(document, null, 2)}\n`
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(file, text)
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '', howToWrite).toBe(text)
})

test('every route is in it, and nothing else', () => {
  const served = routes.flatMap(({ method, url }) => {
    const inDocument = url.slice(fhirBase.length).replaceAll(/:(\w+)(\([^)]*\))?/g, '{$1}')
    return [method].flat().flatMap((one) => (one === 'HEAD' ? [] : `${one} ${inDocument}`))
  })
  expect(operations.map(({ name }) => name).sort()).toEqual(served.sort())
})

test('it is of this release, and relative to the FHIR base', () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version }, servers: [{ url: fhirBase }] })
})

test('every operation has a name of its own, a summary and a description', () => {
  expect(without(({ summary, description }) => summary && description?.endsWith('.'))).toEqual([])
  const ids = operations.map(({ operation }) => operation.operationId)
  expect([...new Set(ids)]).toEqual(ids)
  expect(ids).not.toContain(undefined)
})

test('every operation has a tag that the document describes', () => {
  const described = document.tags.flatMap(({ name, description }) => (description ? [name] : []))
  expect(without(({ tags = [] }) => tags.length === 1 && described.includes(tags[0]))).toEqual([])
})

test('only what the server can do is open to a reader without a token', () => {
  const reader = document.components['securitySchemes']?.['reader']
  expect(reader).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(document.security).toEqual([{ reader: [] }])
  expect(without(({ security }) => security === undefined)).toEqual([
    'GET /metadata',
    'GET /OperationDefinition/{name}'
  ])
})

test('every operation says what it answers, and that any failure is an OperationOutcome', () => {
  const isOutcome = (response: Part) =>
    resolve(response)?.content?.['application/fhir+json']?.schema.$ref ===
    '#/components/schemas/OperationOutcome'
  const failuresOf = ({ responses }: Operation) =>
    Object.entries(responses).filter(([status]) => status === 'default' || status >= '400')
  expect(without(({ responses }) => responses['200']?.content !== undefined)).toEqual([])
  expect(without(({ responses }) => responses['default'] !== undefined)).toEqual([])
  expect(without((operation) => failuresOf(operation).every(([, one]) => isOutcome(one)))).toEqual([])
})

test('every response is described, and mirrors the ids of its request', () => {
  const isSaid = (response: Part) => {
    const { description, headers } = resolve(response) ?? {}
    return description && headers?.['X-Request-ID'] && headers['X-Correlation-ID']
  }
  expect(without(({ responses }) => Object.values(responses).every(isSaid))).toEqual([])
})

test('whatever can be asked for with If-None-Match has an ETag', () => {
  const takesEtag = ({ parameters }: Operation) =>
    parameters.some((one) => resolve(one)?.name === 'If-None-Match')
  const givesEtag = ({ responses }: Operation) => responses['200']?.headers?.['ETag'] !== undefined
  expect(without((operation) => takesEtag(operation) === givesEtag(operation))).toEqual([])
  expect(without((operation) => takesEtag(operation) === '304' in operation.responses)).toEqual([])
})

test('every parameter and header is described', () => {
  const parameters = operations.flatMap(({ operation }) => operation.parameters.map(resolve))
  const headers = Object.values(document.components['headers'] ?? {})
  expect([...parameters, ...headers].filter((one) => !one?.description)).toEqual([])
})

test('the parameters of a path are those that it names', () => {
  for (const { name, operation } of operations) {
    const named = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const inPath = operation.parameters.flatMap((one) => (one.in === 'path' ? [one.name] : []))
    expect(inPath.sort(), name).toEqual(named.sort())
  }
})

test('every reference leads somewhere, and every component is referred to', () => {
  const parts = [...everyPart(document)]
  const references = new Set(parts.flatMap(([, { $ref }]) => ($ref === undefined ? [] : [$ref])))
  expect([...references].filter(($ref) => resolve({ $ref }) === undefined)).toEqual([])
  const components = parts
    .map(([at]) => at)
    .filter((at) => /^#\/components\/(?!securitySchemes)\w+\/\w+$/.test(at))
  expect(components.filter((at) => !references.has(at))).toEqual([])
})
