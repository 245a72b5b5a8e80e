import { configureGlobal } from 'fast-check';

/**
 * A run of the tests tells the same of the same code, today and tomorrow. `KEYWARD_TEST_SEED=<number> npm test` looks for
 * counter-examples elsewhere; a failure prints the seed and the path that lead to it.
 */
export const seed = Number(process.env.KEYWARD_TEST_SEED ?? 20261125);

configureGlobal({ seed });
