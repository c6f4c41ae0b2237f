/** What a verified token says. Beyond these, nothing about its claims is known: see `claimsToReader`. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  /** Seconds since 1970, as `iat`. */
  readonly exp: number
  readonly iat: number
  readonly jti: string
  readonly [name: string]: unknown
}
