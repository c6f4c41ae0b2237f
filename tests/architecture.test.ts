import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..')

/** Package → the packages of ours that it may import. The same table stands in docs/architecture.md. */
const layers: Readonly<Record<string, readonly string[]>> = {
  fhir: [],
  contracts: ['fhir'],
  mappers: ['fhir', 'contracts'],
  'care-record': ['fhir', 'contracts'],
  'record-store': ['fhir', 'contracts', 'care-record'],
  'source-clients': ['fhir', 'contracts', 'care-record'],
  'access-tokens': ['fhir', 'contracts', 'care-record'],
  'service-kit': ['fhir', 'contracts'],
  synthetic: ['fhir', 'contracts'],
  'fhir-validator': ['fhir'],
  mllp: [],
  'webhook-signatures': ['fhir'],
  'message-intake': [
    'fhir',
    'contracts',
    'care-record',
    'record-store',
    'access-tokens',
    'service-kit',
    'fhir-validator',
    'webhook-signatures'
  ],
  'partner-desk': [
    'fhir',
    'contracts',
    'care-record',
    'record-store',
    'source-clients',
    'service-kit',
    'webhook-signatures'
  ]
}

/** Packages that see no Node, no clock, no randomness and no logger. */
const pure = ['fhir', 'contracts', 'mappers', 'care-record', 'synthetic']

/** Library → the only packages of ours that may import it. */
const owners: Readonly<Record<string, readonly string[]>> = {
  pg: ['packages/record-store'],
  'node-pg-migrate': ['packages/record-store'],
  jose: ['packages/access-tokens'],
  bullmq: ['packages/service-kit'],
  ioredis: ['packages/service-kit'],
  pino: ['packages/service-kit'],
  undici: ['packages/source-clients'],
  cockatiel: ['packages/source-clients'],
  'fhir-kit-client': ['packages/source-clients'],
  'fast-xml-parser': ['packages/mappers'],
  'iconv-lite': ['services/acute-adapter'],
  'openid-client': ['services/ops-console'],
  nunjucks: ['services/ops-console'],
  '@chesil/synthetic': ['services/sandbox']
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifests = globSync('{packages,services}/*/package.json', { cwd: root }).sort()
const sources = globSync('{packages,services}/*/src/**/*.ts', { cwd: root }).sort()
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
/** Of `from 'x'`, `import 'x'` and `import('x')`. */
const specifiersOf = (file: string) =>
  [...read(file).matchAll(/(?<=^|[\s}])(?:from|import)[ (]*'([^'\n]+)'/gm)].map((match) => match[1] as string)
/** Types alone open no connection. */
const valueImportsOf = (file: string) =>
  [...read(file).matchAll(/^import (?!type )[^;]*?from '(node:[^'\n]+)'/gm)].map(
    (match) => match[1] as string
  )
const importsOf = (file: string) => specifiersOf(file).filter((name) => !name.startsWith('.'))
const folderOf = (file: string) => file.split('/').slice(0, 2).join('/')
const nameOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the import table', () => {
  test.each(manifests)('%s depends only on what its layer may', (file) => {
    const [kind, folder] = file.split('/') as [string, string]
    const { dependencies = {} } = JSON.parse(read(file)) as Manifest
    const ours = Object.keys(dependencies).flatMap((name) =>
      name.startsWith('@chesil/') ? [name.slice(8)] : []
    )
    const allowed = kind === 'services' ? Object.keys(layers) : layers[folder]
    expect(allowed, `add ${folder} to the table`).toBeDefined()
    expect(ours.filter((name) => !allowed?.includes(name))).toEqual([])
  })

  test('every import of a source file is declared by its own package', () => {
    const undeclared = sources.flatMap((file) => {
      const { dependencies = {} } = JSON.parse(read(`${folderOf(file)}/package.json`)) as Manifest
      return importsOf(file)
        .map(nameOf)
        .filter((name) => !name.startsWith('node:') && !(name in dependencies))
        .map((name) => `${file}: ${name}`)
    })
    expect(undeclared).toEqual([])
  })

  test('every declared dependency is imported somewhere', () => {
    const unused = manifests.flatMap((file) => {
      const folder = path.dirname(file)
      const { dependencies = {} } = JSON.parse(read(file)) as Manifest
      const text = globSync(`${folder}/src/**/*.ts`, { cwd: root }).map(read).join('\n')
      return Object.keys(dependencies)
        .filter((name) => !text.includes(`'${name}'`) && !text.includes(`'${name}/`))
        .map((name) => `${file}: ${name}`)
    })
    expect(unused).toEqual([])
  })

  test.each(Object.entries(owners))('%s is imported only by its owner', (library, allowed) => {
    const importers = sources.filter((file) => importsOf(file).some((name) => nameOf(name) === library))
    expect(importers.filter((file) => !allowed.some((folder) => file.startsWith(`${folder}/`)))).toEqual([])
  })

  test('a relative import stays in its own package', () => {
    const strays = sources.flatMap((file) =>
      specifiersOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => path.join(path.dirname(file), name))
        .filter((target) => folderOf(target) !== folderOf(file))
        .map((target) => `${file}: ${target}`)
    )
    expect(strays).toEqual([])
  })

  test('only source-clients calls out; mllp listens, and the sandbox is no part of what is deployed', () => {
    const callers = sources.filter(
      (file) =>
        !/^(packages\/(source-clients|mllp)|services\/sandbox)\//.test(file) &&
        (valueImportsOf(file).some((name) => /^node:(https?|http2|net|tls|dgram|dns)(\/|$)/.test(name)) ||
          /(?<![.\w])fetch\(/.test(read(file)))
    )
    expect(callers).toEqual([])
  })

  test('no service imports another', () => {
    const services = globSync('services/*', { cwd: root }).map((folder) => `@chesil/${path.basename(folder)}`)
    expect(sources.filter((file) => importsOf(file).some((name) => services.includes(nameOf(name))))).toEqual(
      []
    )
  })
})

describe('pure packages', () => {
  test.each(pure)(
    '%s has no ambient types, so that process, fetch and node: do not exist for it',
    (folder) => {
      const config = JSON.parse(read(`packages/${folder}/tsconfig.json`)) as {
        compilerOptions?: { types?: string[] }
      }
      expect(config.compilerOptions?.types ?? []).toEqual([])
    }
  )

  test.each(pure)('%s reads neither the clock nor chance', (folder) => {
    const files = globSync(`packages/${folder}/src/**/*.ts`, { cwd: root })
    const guilty = files.filter((file) =>
      /new Date(\(\)|(?!\w|\())|(?<!new )(?<![.\w])Date\(|Date\.now|globalThis|Math\.random|performance\./.test(
        read(file)
      )
    )
    expect(guilty).toEqual([])
  })
})

test('no folder or file has a name that says nothing', () => {
  const empty = /(^|\/)(utils?|helpers?|common|core|shared|manager|misc)(\.ts|\/)/
  expect(sources.filter((file) => empty.test(file))).toEqual([])
})
