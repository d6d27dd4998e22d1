/** The sandbox that tests and the fault bench share. */
export * from '../../bench/sandbox.js';
