/** Their absence on a platform costs speed, not function: their users fall back to JavaScript. */
const dispensable = ['@msgpackr-extract/']

/** What each platform package is published for besides `linux-x64`. */
const siblings = ['darwin-arm64', 'darwin-x64', 'linux-arm64']

function namesOfPackages(lockfile: string): ReadonlySet<string> {
  const entries = lockfile.matchAll(/^ {2}'?((?:@[^/'\s]+\/)?[^@'\s]+)@[^(:'\s]+'?:/gm)
  return new Set([...entries].flatMap(([, name]) => name ?? []))
}

/**
 * A registry that holds no macOS or ARM build of a package leaves it out of the lockfile without a word, and the install
 * fails there.
 */
function findMissingPlatforms(pnpmLock: string): readonly string[] {
  const names = namesOfPackages(pnpmLock)
  const native = [...names].filter((name) => /linux-x64(-gnu)?$/.test(name))
  return native
    .filter((name) => !dispensable.some((prefix) => name.startsWith(prefix)))
    .flatMap((name) => {
      const stem = name.replace(/linux-x64(-gnu)?$/, '')
      const missing = siblings.filter(
        (platform) => !names.has(stem + platform) && !names.has(`${stem}${platform}-gnu`)
      )
      return missing.map((platform) => `pnpm-lock.yaml has ${name} but not ${stem}${platform}`)
    })
}

/** An address of the registry that somebody happened to use would be asked by everybody else. */
function findAddresses(pnpmLock: string, packageLock: string): readonly string[] {
  const { packages } = JSON.parse(packageLock) as { packages: Record<string, { resolved?: string }> }
  const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)
  const lines = pnpmLock
    .split('\n')
    .filter((line) => /https?:\/\//.test(line) && !/^ +deprecated:/.test(line))
  return [
    ...resolved.map(([name]) => `package-lock.json names a registry for ${name}`),
    ...lines.map((line) => `pnpm-lock.yaml holds an address: ${line.trim()}`)
  ]
}

/**
 * What is wrong with the lockfiles, one line each.
 *
 * @param packageLock Of the toolchain.
 */
export function findLockfileProblems(pnpmLock: string, packageLock: string): readonly string[] {
  return [...findMissingPlatforms(pnpmLock), ...findAddresses(pnpmLock, packageLock)]
}
