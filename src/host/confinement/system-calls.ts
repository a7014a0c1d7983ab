/** Numbers of a system call on x86-64 and on arm64; arm64 lacks what only old programs called. */
export type SystemCall = readonly [x64: number, arm64?: number];

/** Refused to every plugin. */
export const refusedCalls = {
  unshare: [272, 97],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  userfaultfd: [323, 282],
  _sysctl: [156],
  uselib: [134],
  modify_ldt: [154],
  create_module: [174],
  get_kernel_syms: [177],
  query_module: [178],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
} as const satisfies Record<string, SystemCall>;

/** Answered as by a kernel that does not have them, so that programs take another way: their arguments cannot be filtered. */
export const absentCalls = {
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
} as const satisfies Record<string, SystemCall>;

/** Refused unless the operator has granted one of the capabilities that they are for: the kernel has had many a fault in them. */
export const callsOfCapabilities: readonly (readonly [capabilities: readonly string[], calls: Readonly<Record<string, SystemCall>>])[] = [
  [
    ['sys_admin'],
    {
      mount: [165, 40],
      umount2: [166, 39],
      pivot_root: [155, 41],
      open_tree: [428, 428],
      move_mount: [429, 429],
      fsopen: [430, 430],
      fsconfig: [431, 431],
      fsmount: [432, 432],
      fspick: [433, 433],
      mount_setattr: [442, 442],
      open_tree_attr: [467, 467],
      setns: [308, 268],
      quotactl: [179, 60],
      quotactl_fd: [443, 443],
      swapon: [167, 224],
      swapoff: [168, 225],
      sethostname: [170, 161],
      setdomainname: [171, 162],
      fanotify_init: [300, 262],
    },
  ],
  [['sys_admin', 'bpf'], { bpf: [321, 280] }],
  [['sys_admin', 'perfmon'], { perf_event_open: [298, 241] }],
  [
    ['sys_ptrace'],
    {
      ptrace: [101, 117],
      process_vm_readv: [310, 270],
      process_vm_writev: [311, 271],
      kcmp: [312, 272],
      pidfd_getfd: [438, 438],
      process_madvise: [440, 440],
    },
  ],
  [['sys_rawio'], { iopl: [172], ioperm: [173] }],
  [['sys_module'], { init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106] }],
  [['sys_boot'], { reboot: [169, 142], kexec_load: [246, 104], kexec_file_load: [320, 294] }],
  [['sys_time'], { settimeofday: [164, 170], clock_settime: [227, 112] }],
  [['sys_chroot'], { chroot: [161, 51] }],
  [['sys_pacct'], { acct: [163, 89] }],
  [['sys_tty_config'], { vhangup: [153, 58] }],
  [['dac_read_search'], { open_by_handle_at: [304, 265] }],
];

/** Judged by what they are called with. */
export const judgedCalls = {
  clone: [56, 220],
  socket: [41, 198],
  socketpair: [53, 199],
  ioctl: [16, 29],
  personality: [135, 92],
} as const satisfies Record<string, SystemCall>;
