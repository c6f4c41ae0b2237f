/** A failure that we foresaw: its message says what happened and what to do, and is shown without a stack. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}
