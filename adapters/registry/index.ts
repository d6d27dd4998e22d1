/** The model registry: its interface, and the one in a folder. */
export { createRegistry } from './create-registry.js';
export { FolderRegistry } from './folder-registry.js';
export type * from './registry.js';
export type { LogCheck } from './verify-log.js';
