import { setFlagsFromString } from 'node:v8'

/*
 * Much passes through, and hardly anything of it is held. V8 would let the heap grow to many times that before it looks
 * for what is no longer needed: here it looks sooner, which takes more time (docs/benchmarks.md). A service imports this
 * and nothing else before it loads what it is made of, for loading counts as well.
 */
setFlagsFromString('--heap-growing-percent=10')
setFlagsFromString('--semi-space-growth-factor=1')
