#!/usr/bin/python3
"""A plugin that tries to get out of its confinement. Each attempt runs in a process of its own; the report says what came of it."""
import ctypes
import fcntl
import json
import os
import socket
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
intel = os.uname().machine == 'x86_64'
NEWNS, NEWUSER, NEWNET = 0x20000, 0x10000000, 0x40000000


def check(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(intel_number, arm_number, *args):
    """A system call by its number on x86-64 and on arm64."""
    return check(libc.syscall(ctypes.c_long(intel_number if intel else arm_number), *[ctypes.c_long(one) for one in args]))


def clone(flags):
    pid = call(56, 220, flags | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def clone3(flags):
    arguments = (ctypes.c_uint64 * 8)(flags, 0, 0, 0, 17, 0, 0, 0)
    pid = call(435, 435, ctypes.addressof(arguments), ctypes.sizeof(arguments))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def old_32_bit_call():
    """unshare(CLONE_NEWUSER) by `int 0x80`, whose numbers are those of 32-bit programs."""
    import mmap
    code = b'\xb8\x36\x01\x00\x00\xbb\x00\x00\x00\x10\xcd\x80\xc3'
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if ctypes.CFUNCTYPE(ctypes.c_int)(address)() != 0:
        raise OSError(1, 'refused')


def x32_call():
    """unshare(CLONE_NEWUSER) by the numbers of x32."""
    check(libc.syscall(ctypes.c_long(0x40000000 + 272), ctypes.c_long(NEWUSER)))


def ptrace_child():
    pid = os.fork()
    if pid == 0:
        os.pause() if hasattr(os, 'pause') else __import__('signal').pause()
    try:
        call(101, 117, 16, pid, 0, 0)
    finally:
        os.kill(pid, 9)


def ring():
    parameters = ctypes.create_string_buffer(256)
    call(425, 425, 4, ctypes.addressof(parameters))


def leave(path):
    """An empty file: the limit of a file's size does not keep from making one."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))


def read_marker(path):
    with open(path, encoding='utf8') as file:
        file.read()


def push_key(descriptor):
    fcntl.ioctl(descriptor, 0x5412, b'x')


def device(path):
    os.close(os.open(path, os.O_RDWR))


def open_terminal():
    main = os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(main, 0x40045431, b'\0\0\0\0')
    number = int.from_bytes(fcntl.ioctl(main, 0x80045430, b'\0\0\0\0'), 'little')
    os.setsid()
    other = os.open(f'/dev/pts/{number}', os.O_RDWR)
    fcntl.ioctl(other, 0x5412, b'x')


root = os.path.dirname(os.path.realpath(sys.argv[0]))
attempts = {
    'unshare user': lambda: check(libc.unshare(NEWUSER)),
    'unshare user and mounts': lambda: check(libc.unshare(NEWUSER | NEWNS)),
    'clone user': lambda: clone(NEWUSER),
    'clone user and network': lambda: clone(NEWUSER | NEWNET),
    'clone3 user': lambda: clone3(NEWUSER),
    'setns': lambda: check(libc.setns(os.open('/proc/self/ns/user', os.O_RDONLY), 0)),
    'io_uring': ring,
    'vsock': lambda: socket.socket(40, socket.SOCK_STREAM),
    'vsock pair': lambda: socket.socketpair(40, socket.SOCK_STREAM),
    'kernel cryptography': lambda: socket.socket(38, socket.SOCK_SEQPACKET),
    'packet': lambda: socket.socket(17, socket.SOCK_RAW),
    'ptrace': ptrace_child,
    'keyring': lambda: call(250, 219, 0, -3, 1),
    'new key': lambda: check(libc.syscall(ctypes.c_long(248 if intel else 217), b'user', b'x', b'y', ctypes.c_long(1), ctypes.c_long(-2))),
    'bpf': lambda: call(321, 280, 0, 0, 0),
    'performance events': lambda: call(298, 241, 0, 0, -1, -1, 0),
    'page faults': lambda: call(323, 282, 1),
    'mount': lambda: check(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)),
    'new mount': lambda: check(libc.syscall(ctypes.c_long(430), b'tmpfs', ctypes.c_long(0))),
    'chroot': lambda: os.chroot('/'),
    'become root': lambda: os.setuid(0),
    'key into a terminal': open_terminal,
    'file in /tmp of the host': lambda: read_marker('MARKER_TMP'),
    'file in /var/tmp of the host': lambda: read_marker('MARKER_VAR'),
    'file in /dev/shm of the host': lambda: read_marker('MARKER_SHM'),
    'write beside the plugins': lambda: leave(f'{root}/left'),
    'write into an open folder': lambda: leave('OPEN_FOLDER/left'),
    'virtual machines': lambda: device('/dev/kvm'),
    'file systems of users': lambda: device('/dev/fuse'),
}
if intel:
    attempts['32-bit call'] = old_32_bit_call
    attempts['x32 call'] = x32_call


def outcome_of(attempt):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
            os.write(writer, b'done')
        except OSError as error:
            os.write(writer, f'refused: {error.strerror}'.encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    said = os.read(reader, 1000).decode()
    os.close(reader)
    return said or f'ended by {status}'


# What others must not find; where these folders are the plugin's own, it may write there.
left = []
for folder in ('/tmp', '/var/tmp', '/dev/shm', '/run/lock'):
    path = f'{folder}/gantry-plugin-left-NONCE'
    try:
        leave(path)
        left.append(path)
    except OSError:
        pass

descriptors = {}
for name in os.listdir('/proc/self/fd'):
    try:
        link = os.readlink(f'/proc/self/fd/{name}')
        harmless = stat.S_ISCHR(os.fstat(int(name)).st_mode) and link == '/dev/null'
        if int(name) > 2 and not harmless:
            descriptors[name] = link
    except OSError:
        pass

seccomp = [line.split()[1] for line in open('/proc/self/status', encoding='utf8') if line.startswith('Seccomp:')]
print(json.dumps({'data': {
    'attempts': {name: outcome_of(attempt) for name, attempt in attempts.items()},
    'left': left,
    'descriptors': descriptors,
    'seccomp': seccomp[0],
    'devices': sorted(os.listdir('/dev')),
}}))
