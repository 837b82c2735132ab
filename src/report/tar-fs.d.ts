declare module "tar-fs" {
  import type { Readable } from "node:stream";

  export interface PackOptions {
    /** What is put in, relative to the folder; everything by default. */
    entries?: string[];
    map?: (header: { name: string }) => { name: string };
  }
  /** A folder as a tar archive. */
  export function pack(folder: string, options?: PackOptions): Readable;
}
