/** Programs in WebAssembly, for loops that JavaScript cannot say: without a branch, or two numbers an instruction. */

/** As much of it as is used: TypeScript has its types for browsers only. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssembly }).WebAssembly;

/** What every kernel exports beside its functions. It has no memory before it is grown. */
export interface KernelMemory {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

const PAGE_BYTES = 65_536;

/** Compiled once a process. */
const modules = new Map<string, object>();

/**
 * @param base64 as scripts/write-kernels.js writes it
 * @param bytes of memory
 * @returns with the functions that the kernel's text exports
 * @throws RangeError where the machine does not have so much memory
 */
export function openKernel(base64: string, bytes: number): KernelMemory {
  const module =
    modules.get(base64) ?? new Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  modules.set(base64, module);
  const kernel = new Instance(module).exports as KernelMemory;
  kernel.memory.grow(Math.ceil(bytes / PAGE_BYTES));
  return kernel;
}
