import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const exists = (file: string) => existsSync(path.join(root, file))

const ours = ['*.md', '{docs,openapi,packages,services,tests,tools}/**/*.md']
const documents = globSync(ours, { cwd: root, exclude: (name) => name.includes('node_modules') }).sort()

/** Links and images, but not those to elsewhere. */
const linksOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/\]\(([^()\s]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target))

/** As GitHub makes an anchor of a heading. */
const anchorsOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
  )

describe('a link leads to what there is:', () => {
  test.each(documents.filter((file) => linksOf(file).length > 0))('in %s', (file) => {
    const broken = linksOf(file).filter((target) => {
      const [place = '', anchor] = target.split('#')
      const there = place === '' ? file : path.join(path.dirname(file), place)
      return !exists(there) || (anchor !== undefined && !anchorsOf(there).includes(anchor))
    })
    expect(broken).toEqual([])
  })
})

test('the documents are found, with links in them', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'docs/architecture.md', 'services/record-api/README.md'])
  )
  expect(linksOf('README.md')).toContain('docs/architecture.md')
})

test('every npm command in the documents is a script of the project', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const unknown = documents.flatMap((file) =>
    [...read(file).matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)]
      .map(([, run, own]) => String(run ?? own))
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${file}: ${name}`)
  )
  expect(unknown).toEqual([])
})

test('every path that starts at the root and stands in backticks is there', () => {
  const missing = documents.flatMap((file) =>
    [...read(file).matchAll(/`((?:docs|openapi|packages|services|tests|tools)\/[\w./-]*)`/g)]
      .map((match) => match[1] as string)
      .filter((named) => !exists(named))
      .map((named) => `${file}: ${named}`)
  )
  expect(missing).toEqual([])
})

test('every service and package says what it is for', () => {
  const folders = globSync('{packages,services}/*/package.json', { cwd: root }).map(path.dirname)
  expect(folders.filter((folder) => !exists(`${folder}/README.md`))).toEqual([])
})

test.each(['Purpose', 'Settings', 'Peculiarities'])('the README of every service has its %s', (heading) => {
  const readmes = documents.filter((file) => /^services\/[^/]+\/README\.md$/.test(file))
  expect(readmes.filter((file) => !read(file).includes(`\n## ${heading}\n`))).toEqual([])
})
