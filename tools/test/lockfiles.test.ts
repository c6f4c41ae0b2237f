import { expect, test } from 'vitest'
import { findLockfileProblems } from '../check/lockfiles.ts'

const toolchain = JSON.stringify({ packages: { 'node_modules/pnpm': { version: '1.0.0' } } })

function pnpmLock(...packages: readonly string[]): string {
  const entries = packages.map(
    (name) => `  ${name.includes('@', 1) ? name : `${name}@1.0.0`}:\n    resolution: {}\n`
  )
  return `lockfileVersion: '9.0'\n\npackages:\n\n${entries.join('\n')}`
}

const everyPlatform = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].map(
  (name) => `'@a/${name}@1.0.0'`
)

test('a package without platforms has nothing to miss', () => {
  expect(findLockfileProblems(pnpmLock('left-pad', "'@a/b@1.0.0'"), toolchain)).toEqual([])
})

test('a platform package needs its siblings for macOS and ARM', () => {
  expect(findLockfileProblems(pnpmLock(...everyPlatform), toolchain)).toEqual([])
  const withoutMac = everyPlatform.filter((name) => !name.includes('darwin-arm64'))
  expect(findLockfileProblems(pnpmLock(...withoutMac), toolchain)).toEqual([
    'pnpm-lock.yaml has @a/linux-x64 but not @a/darwin-arm64'
  ])
})

test('a sibling may be named for its C library', () => {
  const packages = ['a-linux-x64-gnu', 'a-linux-arm64-gnu', 'a-darwin-x64', 'a-darwin-arm64']
  expect(findLockfileProblems(pnpmLock(...packages), toolchain)).toEqual([])
})

test('a package that only makes things faster may be missing on a platform', () => {
  const packages = pnpmLock("'@msgpackr-extract/msgpackr-extract-linux-x64@3.0.0'")
  expect(findLockfileProblems(packages, toolchain)).toEqual([])
})

test('no lockfile names a registry', () => {
  const named = `${pnpmLock()}    resolution: {tarball: https://registry.example/a.tgz}\n`
  expect(findLockfileProblems(named, toolchain)).toHaveLength(1)
  const resolved = { packages: { 'node_modules/pnpm': { resolved: 'https://registry.example/pnpm.tgz' } } }
  expect(findLockfileProblems(pnpmLock(), JSON.stringify(resolved))).toEqual([
    'package-lock.json names a registry for node_modules/pnpm'
  ])
})

test('an address in an author’s words is none of ours', () => {
  const deprecated = `${pnpmLock()}    deprecated: see https://author.example/why\n`
  expect(findLockfileProblems(deprecated, toolchain)).toEqual([])
})
