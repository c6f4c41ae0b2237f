import { setFlagsFromString } from 'node:v8'

/*
 * Most of what an answer needs lies outside V8's heap, as buffers. By default V8 collects everything whenever those have
 * grown by some 64 MB, which with large records is after every seventh: half of all the time that was spent. Here they
 * count together with the heap, and both may grow by half before everything is collected (docs/benchmarks.md). What is
 * new is collected in small steps, for little of it lives on.
 */
setFlagsFromString('--external-memory-accounted-in-global-limit')
setFlagsFromString('--heap-growing-percent=50')
setFlagsFromString('--semi-space-growth-factor=1')
