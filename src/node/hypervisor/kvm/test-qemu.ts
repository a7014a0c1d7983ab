import { chmod, writeFile } from 'node:fs/promises';

/**
 * A program that is called as QEMU is: it tells its version and machines, and else serves QMP on its third descriptor. What
 * it is asked it writes to its standard error. `begin` is Python that runs before it serves.
 */
export async function writeTestQemu(path: string, begin = '', answers: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const text = `#!/usr/bin/python3
import json, os, socket, sys, time
answers = json.loads(${JSON.stringify(JSON.stringify(answers))})
if '--version' in sys.argv:
    print('QEMU emulator version 7.2.22 (Debian 1:7.2)')
    sys.exit()
if sys.argv[1:] == ['-machine', 'help']:
    print('microvm  a machine\\npc       Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)')
    sys.exit()
${begin}
server = socket.socket(fileno=3)
server.setblocking(True)
while True:
    line, _ = server.accept()
    line.sendall(b'{"QMP": {}}\\n')
    for text in line.makefile('r'):
        asked = json.loads(text)
        if asked['execute'] != 'qmp_capabilities':
            print('asked', json.dumps([asked['execute'], asked['arguments']]), file=sys.stderr, flush=True)
        line.sendall((json.dumps({'return': answers.get(asked['execute'], {}), 'id': asked['id']}) + '\\n').encode())
        if asked['execute'] == 'quit':
            sys.exit()
`;
  await writeFile(path, text);
  await chmod(path, 0o755);
}
