import fileTypes from './file-types.json' with { type: 'json' }

const extensions: ReadonlyMap<string, string> = new Map(Object.entries(fileTypes))

/** How a file is named to whoever saves it. */
export interface FileType {
  readonly contentType: string
  /** Without its dot. */
  readonly extension: string
}

const unknown: FileType = { contentType: 'application/octet-stream', extension: 'bin' }

/**
 * The type under which a file goes out: as its source says where it is one of those that are known to be no more
 * than a document (`file-types.json`). HTML, SVG, scripts, text of another character set than UTF-8 and whatever
 * nobody has thought of go out as bytes.
 *
 * @param said The source's content type, with parameters or without.
 */
export function fileTypeOf(said: string): FileType {
  const [type = '', ...parameters] = said.toLowerCase().split(';')
  const contentType = type.trim()
  const extension = extensions.get(contentType)
  if (extension === undefined) return unknown
  if (contentType !== 'text/plain') return { contentType, extension }
  const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([\w.:-]+)"?\s*$/.exec(one)?.[1]).find(Boolean)
  const isUtf8 = charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
  return isUtf8 ? { contentType: 'text/plain; charset=utf-8', extension } : unknown
}
