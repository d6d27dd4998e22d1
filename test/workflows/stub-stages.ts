/** The bench of many segments runs on the same stand-ins. */
export * from '../../bench/stub-stages.js';
