// What npm, pnpm and the file system say when a setup fails, and the one line we say instead.

/** Ordered: a full disk or a refused certificate also shows up as a failed fetch. */
const failures = [
  [/ENOSPC|EDQUOT|no space left on device/i, 'the disk is full; free about 1 GB and run this again'],
  [
    /ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_LOCKFILE_CONFIG_MISMATCH|ERR_PNPM_NO_LOCKFILE|package\.json and package-lock\.json .* are in sync/,
    'the lockfile does not match the manifests; whoever changed a package.json must run `.toolchain/node_modules/.bin/pnpm install` and commit pnpm-lock.yaml'
  ],
  [
    /EINTEGRITY|ERR_PNPM_TARBALL_INTEGRITY|ERR_PNPM_BAD_TARBALL_SIZE|TAR_BAD_ARCHIVE/,
    'a download arrived damaged or altered; run this again, and if it repeats ask who runs your package registry'
  ],
  [
    /SELF_SIGNED_CERT|PEM_NO_START_LINE|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF|DEPTH_ZERO_SELF_SIGNED|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|ERR_TLS_CERT|CERT_UNTRUSTED/,
    "the registry's TLS certificate is not trusted; set NODE_EXTRA_CA_CERTS to your organisation's CA file (or `cafile` in .npmrc) and run this again"
  ],
  [
    /\bE40[137]\b|ERR_PNPM_FETCH_40[137]|ENEEDAUTH/,
    'the package registry or proxy refuses access; check the registry, credentials and proxy in your .npmrc'
  ],
  [
    /\bE404\b|ERR_PNPM_FETCH_404|ETARGET|ERR_PNPM_NO_MATCHING_VERSION/,
    'the package registry does not hold a package we need; check the registry in your .npmrc'
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL|FETCH_ERROR|ERR_PNPM_FETCH_5|\bE50\d\b|socket hang up|network timeout|request to .* failed/,
    'the package registry cannot be reached; check the network and the proxy (HTTPS_PROXY), then run this again'
  ],
  [
    /EACCES|EPERM|EROFS|permission denied/i,
    'this folder, or something in it, cannot be written by this user; use a checkout of your own, or give it to yourself with chown'
  ],
  [
    /EBADPLATFORM|ERR_PNPM_UNSUPPORTED_PLATFORM/,
    'a package does not exist for this platform; use Linux or macOS on x64 or arm64'
  ]
]

/** @returns What happened and what to do, or `undefined` for a failure that we did not foresee. */
export function explainFailure(output) {
  return failures.find(([pattern]) => pattern.test(output))?.[1]
}
