import { bootImage } from './boot-image.ts';

/** Exit code of QEMU when the guest has done its work: it writes 0x10 to the port of `isa-debug-exit`, (0x10 << 1) | 1. */
export const probeExitCode = 33;

/**
 * A guest that does what operating systems do and broken virtualisation does not survive: it enters protected mode, turns
 * on paging over 4 GiB, then 64 times fills 2 MiB, computes, executes CPUID, reads an I/O port and flushes the TLB. On a
 * working KVM this takes a fraction of a second. i386 machine code with its meaning:
 */
export const probeImage = (): Buffer =>
  bootImage(
    // Real mode: interrupts off, segments 0, stack below the sector, A20 on, GDT, protected mode.
    `fa 31c0 8ed8 8ec0 8ed0 bc007c ea117c0000
     e492 0c02 e692 660f0116c87c 0f20c0 0c01 0f22c0 ea2a7c0800` +
      // Flat segments; a page directory of 1024 pages of 4 MiB at 0x10000; CR4.PSE, CR3, CR0.PG.
      `66b81000 8ed8 8ec0 8ed0 bf00000100 b883000000 b900040000
       ab 0500004000 e2f8 0f20e0 0c10 0f22e0 b800000100 0f22d8 0f20c0 0d00000080 0f22c0 eb00` +
      // 64 rounds: fill 2 MiB from 1 MiB on, 200,000 multiplications, CPUID, 64 reads of port 0x71, reload CR3.
      `be40000000 bf00001000 b900000800 89f0 f3ab b9400d0300 69c06d4ec641 0539300000 e2f3
       50 31c0 0fa2 b940000000 e471 e2fc 0f20d8 0f22d8 4e 75c9` +
      // Done: 0x10 to port 0xf4, then halt.
      'b010 e6f4 f4 ebfd' +
      // Padding, the GDT at 0xb0 (null, code, data) and its descriptor at 0xc8.
      '8d742600 90 0000000000000000 ffff0000009acf00 ffff00000092cf00 1700 b07c0000',
  );
