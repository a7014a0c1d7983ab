import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createProcFiles, type ProcFiles } from '../files/proc-files.ts';

/** Files in place of those of a kernel. */
export interface FileTree {
  readonly files: ProcFiles;
  /** The file ends its life as those of the kernel do: it is listed still and cannot be read. */
  vanish(path: string): void;
  [Symbol.dispose](): void;
}

export function createFileTree(texts: Readonly<Record<string, string>>): FileTree {
  const root = mkdtempSync(join(tmpdir(), 'gantry-host-'));
  const files = createProcFiles(root);
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return {
    files,
    vanish: (path) => {
      rmSync(join(root, path));
      symlinkSync('/nowhere/at/all', join(root, path));
      files.forget(path);
    },
    [Symbol.dispose]: () => {
      files.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
