import { readFileSync } from 'node:fs'

/** @returns the most memory that a process ever had, in MB (Linux). */
export const peakMegabytes = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
