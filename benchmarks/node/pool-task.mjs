// The task of pool.mjs, on Piscina's workers.

export default ({ a, b }) => a + b;
